// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "proc_events.h"

#include <errno.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Messages taken by one system call. */
#define BATCH 128
/* A header, a connector message and an event; ours have no more. */
#define MESSAGE_SIZE 128

static int subscribe(int fd)
{
	enum proc_cn_mcast_op op = PROC_CN_MCAST_LISTEN;
	char bytes[NLMSG_SPACE(sizeof(struct cn_msg) + sizeof(op))] = {0};
	struct nlmsghdr header = {
		.nlmsg_len = NLMSG_LENGTH(sizeof(struct cn_msg) + sizeof(op)),
		.nlmsg_type = NLMSG_DONE,
	};
	struct cn_msg message = {
		.id = {.idx = CN_IDX_PROC, .val = CN_VAL_PROC},
		.len = sizeof(op),
	};

	memcpy(bytes, &header, sizeof(header));
	memcpy(bytes + NLMSG_HDRLEN, &message, sizeof(message));
	memcpy(bytes + NLMSG_HDRLEN + sizeof(message), &op, sizeof(op));
	return send(fd, bytes, header.nlmsg_len, 0) < 0 ? -1 : 0;
}

int guest_proc_events_open(int bytes)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = CN_IDX_PROC};
	int fd, error;

	fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_CONNECTOR);
	if (fd < 0)
		return -1;
	/* Beyond net.core.rmem_max; when that is refused, what there is must do. */
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) || subscribe(fd)) {
		error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

static void describe(struct guest_proc_event *out, const struct proc_event *event)
{
	switch ((uint32_t)event->what) {
	case PROC_EVENT_NONE:
		out->kind = GUEST_PROC_ACK;
		break;
	case PROC_EVENT_FORK:
		out->kind = GUEST_PROC_FORK;
		out->pid = event->event_data.fork.child_pid;
		out->tgid = event->event_data.fork.child_tgid;
		out->parent_pid = event->event_data.fork.parent_pid;
		out->parent_tgid = event->event_data.fork.parent_tgid;
		break;
	case PROC_EVENT_EXEC:
		out->kind = GUEST_PROC_EXEC;
		out->pid = event->event_data.exec.process_pid;
		out->tgid = event->event_data.exec.process_tgid;
		break;
	case (uint32_t)PROC_EVENT_EXIT:
		out->kind = GUEST_PROC_EXIT;
		out->pid = event->event_data.exit.process_pid;
		out->tgid = event->event_data.exit.process_tgid;
		out->parent_pid = event->event_data.exit.parent_pid;
		out->parent_tgid = event->event_data.exit.parent_tgid;
		out->exit_code = event->event_data.exit.exit_code;
		break;
	default:
		out->kind = GUEST_PROC_OTHER;
	}
	out->cpu = event->cpu;
	out->monotonic_ns = event->timestamp_ns;
}

/* The event sits unaligned in its message, hence the copies. */
static int parse(struct guest_proc_event *out, const char *bytes, size_t size)
{
	struct proc_event event = {0};
	struct nlmsghdr header;
	struct cn_msg message;
	size_t left;

	if (size < NLMSG_HDRLEN + sizeof(message))
		return 0;
	memcpy(&header, bytes, sizeof(header));
	memcpy(&message, bytes + NLMSG_HDRLEN, sizeof(message));
	if (header.nlmsg_type != NLMSG_DONE || message.id.idx != CN_IDX_PROC ||
	    message.id.val != CN_VAL_PROC)
		return 0;
	left = size - NLMSG_HDRLEN - sizeof(message);
	if (message.len > left || message.len < offsetof(struct proc_event, event_data))
		return 0;
	/* An older kernel's event may be shorter, a newer one's longer. */
	memcpy(&event, bytes + NLMSG_HDRLEN + sizeof(message),
	       message.len < sizeof(event) ? message.len : sizeof(event));
	memset(out, 0, sizeof(*out));
	out->sequence = message.seq;
	describe(out, &event);
	return 1;
}

ssize_t guest_proc_events_read(int socket, struct guest_proc_event *events, size_t max)
{
	static char bytes[BATCH][MESSAGE_SIZE];
	static struct sockaddr_nl senders[BATCH];
	static struct iovec vectors[BATCH];
	static struct mmsghdr messages[BATCH];
	size_t wanted = max < BATCH ? max : BATCH;
	ssize_t taken = 0;
	int got;

	for (size_t i = 0; i < wanted; i++) {
		vectors[i] = (struct iovec){bytes[i], sizeof(bytes[i])};
		messages[i].msg_hdr = (struct msghdr){
			.msg_name = &senders[i],
			.msg_namelen = sizeof(senders[i]),
			.msg_iov = &vectors[i],
			.msg_iovlen = 1,
		};
	}
	do {
		got = recvmmsg(socket, messages, wanted, MSG_DONTWAIT, NULL);
		if (got < 0 && errno != EINTR)
			return errno == EAGAIN ? 0 : -1;
		for (int i = 0; i < got; i++) {
			/* Others than the kernel may send to the group. */
			if (senders[i].nl_pid == 0)
				taken += parse(&events[taken], bytes[i], messages[i].msg_len);
		}
		/* Where nothing of the batch was an event there may be more behind it. */
	} while (!taken);
	return taken;
}
