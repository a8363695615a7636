/* Names to addresses, and the seam by which a test brings name servers of its own. */
#ifndef WAIT_DNS_H
#define WAIT_DNS_H

#include <hob/net.h>

/* All zero: as /etc/resolv.conf says. */
struct name_servers {
	const char *list; /* "127.0.0.1:5353,..." */
	int timeout_ms, tries;
};

/* hob_resolve */
int resolve_by(const struct name_servers *servers, const char *host, const char *service, struct hob_address *out,
	       unsigned max, hob_time deadline);

#endif
