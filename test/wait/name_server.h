/* A small name server on the loopback, as a hob task. What it answers hangs on the first letter of the name asked for.
 * See the switch below. */
#ifndef TEST_NAME_SERVER_H
#define TEST_NAME_SERVER_H

#include "wait/sockets.h"

enum { DNS_A = 1, DNS_AAAA = 28, MANY_ADDRESSES = 20 };

static struct {
	int udp, tcp;
	char list[40]; /* as c-ares has it */
	atomic_of(uint32_t) asked;
	struct hob_scope *scope;
} name_server;

static inline size_t put16(unsigned char *out, unsigned value)
{
	out[0] = (unsigned char)(value >> 8);
	out[1] = (unsigned char)value;
	return 2;
}

static inline size_t put_address(unsigned char *out, unsigned type, unsigned last)
{
	size_t at = put16(out, 0xc00c), size = type == DNS_A ? 4 : 16; /* the name stands in the question */

	at += put16(out + at, type);
	at += put16(out + at, 1);
	at += put16(out + at, 0);
	at += put16(out + at, 60);
	at += put16(out + at, (unsigned)size);
	memset(out + at, 0, size);
	memcpy(out + at, type == DNS_A ? "\xc0\x00\x02" : "\x20\x01\x0d\xb8", type == DNS_A ? 3 : 4);
	out[at + size - 1] = (unsigned char)last;
	return at + size;
}

/* Makes the answer to a query, in place; 0 for none. */
static inline size_t name_server_answer(unsigned char *m, size_t len, bool over_tcp)
{
	size_t end = 12;
	unsigned type, code = 0, answers = 0, cut = 0;
	uint32_t nth = at_add(&name_server.asked, 1, RELAXED);

	CHECK(len > 17);
	while (m[end])
		end += m[end] + 1u;
	type = (unsigned)m[end + 1] << 8 | m[end + 2];
	end += 5;
	switch (m[13]) {
	case 'a': /* one address of the fourth version */
		answers = type == DNS_A;
		break;
	case 'b': /* one of both */
		answers = 1;
		break;
	case 'f': /* the server fails */
		code = 2;
		break;
	case 'l': /* too many for a datagram */
		answers = type == DNS_A && over_tcp ? MANY_ADDRESSES : 0;
		cut = type == DNS_A && !over_tcp;
		break;
	case 'm': /* no answer */
		return 0;
	case 'n': /* no such name */
		code = 3;
		break;
	case 's': /* the first datagrams are lost */
		if (nth < 2)
			return 0;
		answers = type == DNS_A;
		break;
	case 'x': /* nonsense */
		memset(m + 2, 0xff, len - 2);
		return len;
	}
	put16(m + 2, 0x8180u | cut << 9 | code);
	put16(m + 6, answers);
	put16(m + 8, 0);
	put16(m + 10, 0); /* EDNS is not understood, and left out */
	for (unsigned i = 0; i < answers; i++)
		end += put_address(m + end, type, i + 1);
	return end;
}

static inline int name_server_udp(void *arg)
{
	unsigned char m[1500];
	struct sockaddr_in from;
	socklen_t len = sizeof from;
	ssize_t n;

	(void)arg;
	while ((n = hob_recvfrom(name_server.udp, m, 512, 0, (struct sockaddr *)&from, &len, HOB_NEVER)) > 0) {
		size_t size = name_server_answer(m, (size_t)n, false);

		if (size)
			hob_sendto(name_server.udp, m, size, 0, (struct sockaddr *)&from, len, HOB_NEVER);
	}
	return 0;
}

static inline int name_server_tcp(void *arg)
{
	unsigned char m[1500];
	int fd;

	(void)arg;
	while ((fd = hob_accept(name_server.tcp, NULL, NULL, 0, HOB_NEVER)) >= 0) {
		while (hob_read_all(fd, m, 2, NULL, HOB_NEVER) == 0) {
			size_t size = (size_t)m[0] << 8 | m[1];

			CHECK(size <= 512);
			CHECK_EQ(hob_read_all(fd, m + 2, size, NULL, HOB_NEVER), 0);
			size = name_server_answer(m + 2, size, true);
			put16(m, (unsigned)size);
			if (size)
				hob_send_all(fd, m, size + 2, NULL, HOB_NEVER);
		}
		close(fd);
	}
	return 0;
}

static inline void name_server_start(void)
{
	struct sockaddr_in addr;

	name_server.asked = 0;
	for (;;) { /* until a port is free for both */
		name_server.tcp = listener_new(0, &addr);
		name_server.udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		if (bind(name_server.udp, (struct sockaddr *)&addr, sizeof addr) == 0)
			break;
		close(name_server.udp);
		close(name_server.tcp);
	}
	snprintf(name_server.list, sizeof name_server.list, "%s:%d", inet_ntoa(addr.sin_addr), ntohs(addr.sin_port));
	name_server.scope = scope_new();
	spawn(name_server.scope, name_server_udp, NULL);
	spawn(name_server.scope, name_server_tcp, NULL);
}

static inline void name_server_stop(void)
{
	hob_scope_destroy(name_server.scope);
	close(name_server.udp);
	close(name_server.tcp);
}

#endif
