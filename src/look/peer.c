/* Who is at the other end of a socket. */
#include "look/peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"

enum { CHUNK = 32768, MOST = 1 << 20, FIRST_ROOM = 256 };

static struct look_peer *place(struct look_peers *p, uint64_t inode)
{
	uint64_t i = inode * 0x9e3779b97f4a7c15u >> 32;
	for (;; i++) {
		struct look_peer *at = &p->at[i & p->mask];
		if (!at->inode || at->inode == inode)
			return at;
	}
}

static int add(struct look_peers *p, const struct look_peer *peer)
{
	if (!p->at || 2 * p->count > p->mask) {
		struct look_peers old = *p;
		unsigned room = p->at ? 2 * (p->mask + 1) : FIRST_ROOM;
		struct look_peer *at = room <= MOST ? sys.alloc(room * sizeof *at) : NULL;
		if (!at)
			return -ENOMEM;
		p->at = at;
		p->mask = room - 1;
		for (unsigned i = 0; old.at && i <= old.mask; i++)
			if (old.at[i].inode)
				*place(p, old.at[i].inode) = old.at[i];
		sys.free(old.at);
	}
	struct look_peer *to = place(p, peer->inode);
	p->count += !to->inode;
	*to = *peer;
	return 0;
}

/* The words of a line, at most `n`; how many there are. */
static unsigned words_of(char *line, char **words, unsigned n)
{
	unsigned found = 0;
	char *save = NULL;
	for (char *w = strtok_r(line, " \n", &save); w && found < n; w = strtok_r(NULL, " \n", &save))
		words[found++] = w;
	return found;
}

/* "0100007F:1F90", or 32 digits for IPv6: words of 32 bits, each in the order of the machine. */
static bool address(const char *hex, char *to, size_t size, bool port_only)
{
	uint32_t words[4];
	const char *colon = strchr(hex, ':');
	size_t digits = colon ? (size_t)(colon - hex) : 0;
	if (digits != 8 && digits != 32)
		return false;
	for (size_t i = 0; i < digits / 8; i++) {
		char piece[9] = "";
		memcpy(piece, hex + 8 * i, 8);
		words[i] = (uint32_t)strtoul(piece, NULL, 16);
	}
	unsigned port = (unsigned)strtoul(colon + 1, NULL, 16) & 0xffff;
	char name[INET6_ADDRSTRLEN] = "";
	bool mapped = digits == 32 && !words[0] && !words[1] && words[2] == htonl(0xffff);
	if (port_only)
		snprintf(to, size, ":%u", port);
	else if (digits == 8 || mapped)
		snprintf(to, size, "%s:%u", inet_ntop(AF_INET, &words[mapped ? 3 : 0], name, sizeof name), port);
	else
		snprintf(to, size, "[%s]:%u", inet_ntop(AF_INET6, words, name, sizeof name), port);
	return true;
}

/* sl local remote state tx:rx tr:when retransmits uid timeout inode ... */
static int take_inet(struct look_peers *p, char *line)
{
	char *w[10];
	struct look_peer peer = { .kind = PEER_NET };
	if (words_of(line, w, 10) < 10)
		return 0;
	peer.inode = strtoull(w[9], NULL, 10);
	unsigned long state = strtoul(w[3], NULL, 16);
	bool nobody = !strncmp(w[2], "00000000:0000", 13) || !strcmp(w[2], "00000000000000000000000000000000:0000");
	const char *colon = strchr(w[1], ':');
	unsigned port = colon ? (unsigned)strtoul(colon + 1, NULL, 16) & 0xffff : 0;
	if (state == 10) /* the kernel lists those first */
		p->listened[port / 64] |= UINT64_C(1) << port % 64;
	bool client = p->listened[port / 64] >> port % 64 & 1;
	if (nobody || client) /* nobody: listening, or an unconnected datagram socket */
		peer.kind = PEER_LISTENS;
	if (!peer.inode || !address(w[nobody || client ? 1 : 2], peer.text, sizeof peer.text, nobody || client))
		return 0;
	return add(p, &peer);
}

/* address: references protocol flags type state inode [path] */
static int take_unix(struct look_peers *p, char *line)
{
	char *w[8];
	struct look_peer peer = { .kind = PEER_LOCAL };
	unsigned n = words_of(line, w, 8);
	if (n < 7)
		return 0;
	peer.inode = strtoull(w[6], NULL, 10);
	if (n == 8)
		snprintf(peer.text, sizeof peer.text, "%.100s", w[7]);
	return peer.inode ? add(p, &peer) : 0;
}

/* Each line of a file, but for the first, which is a heading. What is longer than a chunk is left out. */
static int for_lines(const char *path, int (*take)(struct look_peers *p, char *line), struct look_peers *p)
{
	int fd = sys.open(path, O_RDONLY), err = 0;
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	char *text = sys.alloc(CHUNK + 1);
	size_t len = 0;
	bool heading = true;
	ssize_t got = text ? 1 : -ENOMEM;
	while (got > 0 && !err) {
		got = sys.read(fd, text + len, CHUNK - len);
		len += got > 0 ? (size_t)got : 0;
		text[len] = '\0';
		char *line = text;
		for (char *end; (end = strchr(line, '\n')) && !err; line = end + 1) {
			*end = '\0';
			err = heading ? 0 : take(p, line);
			heading = false;
		}
		len -= (size_t)(line - text);
		if (len == CHUNK || (len && strlen(line) < len)) /* no line at all, or a NUL within */
			len = 0;
		memmove(text, line, len);
	}
	sys.free(text);
	sys.close(fd);
	return err ? err : got < 0 ? (int)got : 0;
}

static void read_all(struct look_peers *p, pid_t pid)
{
	static const char *const files[] = { "tcp", "tcp6", "udp", "udp6", "unix" };
	char path[40];
	if (p->at)
		memset(p->at, 0, (p->mask + 1) * sizeof *p->at);
	p->count = 0;
	memset(p->listened, 0, sizeof p->listened);
	for (unsigned i = 0; i < sizeof files / sizeof *files; i++) {
		snprintf(path, sizeof path, "/proc/%d/net/%s", pid, files[i]);
		for_lines(path, files[i][1] == 'n' ? take_unix : take_inet, p);
	}
}

int look_peer(struct look_peers *p, pid_t pid, uint64_t inode, const struct look_peer **out)
{
	if (!inode)
		return -ENOENT;
	for (int again = 0; again < 2; again++) {
		*out = p->at ? place(p, inode) : NULL;
		if (*out && (*out)->inode)
			return 0;
		if (again)
			break;
		int64_t now = sys.now();
		if (now < p->next)
			return -EAGAIN;
		int64_t cost =
			sys.cpu_clock(0); /* ours: on a busy machine more passes, and that need not make us wait */
		read_all(p, pid);
		cost = sys.cpu_clock(0) - cost;
		p->next = now + 200 * cost; /* half a percent of a core */
	}
	return -ENOENT;
}

void look_peers_finish(struct look_peers *p)
{
	sys.free(p->at);
	*p = (struct look_peers){ 0 };
}
