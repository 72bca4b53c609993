// SPDX-License-Identifier: GPL-2.0-only
/*
 * device.c - /dev/pacct_energy: hands records to user space
 *
 * The module can be unloaded while somebody has the device open. The open file
 * does not hold the module; at unload its operations are exchanged for built-in
 * ones, after which reading it gives end of file. (sound/core/init.c does the
 * same to files of a card that is pulled out.) A process may have fetched an
 * operation's address just before. It shows up in calls_running, or it is
 * somewhere it did not go to sleep since, and synchronize_rcu_tasks() waits for
 * it. A preemptible kernel without the latter keeps the module instead: there
 * an open device makes unloading fail with EBUSY.
 *
 * Locking: readers_lock protects the list of readers and reader.revoked;
 * reader.lock serializes reads of one open file and protects its cursor.
 * readers_lock is never taken inside it. All of this is process context.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <linux/wait.h>

#include "device.h"
#include "ring.h"

#define CAN_REVOKE \
	(!IS_ENABLED(CONFIG_PREEMPTION) || IS_ENABLED(CONFIG_TASKS_RCU))

static unsigned int drain_ms = 1000;
module_param(drain_ms, uint, 0644);
MODULE_PARM_DESC(drain_ms, "wait this long for readers at unload, ms");

/**
 * struct reader - one open file
 * @node:	in readers
 * @file:	the file, valid while in readers
 * @lock:	see above
 * @cursor:	the record it gets next
 * @revoked:	unloading has taken it over, and frees it
 */
struct reader {
	struct list_head node;
	struct file *file;
	struct mutex lock; /* reads of this file, cursor */
	u64 cursor;
	bool revoked;
};

static DEFINE_MUTEX(readers_lock);
static LIST_HEAD(readers);
static DECLARE_WAIT_QUEUE_HEAD(news);
static atomic_t calls_running;
static bool ever_opened;
static bool retiring;
static u64 announced;
static unsigned long room_deadline;

static int device_open(struct inode *inode, struct file *file)
{
	struct reader *reader = kzalloc(sizeof(*reader), GFP_KERNEL);

	if (!reader)
		return -ENOMEM;
	mutex_init(&reader->lock);
	reader->file = file;
	reader->cursor = pacct_ring_oldest();
	file->private_data = reader;
	guard(mutex)(&readers_lock);
	list_add(&reader->node, &readers);
	ever_opened = true;
	return stream_open(inode, file);
}

static int device_release(struct inode *inode, struct file *file)
{
	struct reader *reader = file->private_data;

	atomic_inc(&calls_running);
	mutex_lock(&readers_lock);
	if (!reader->revoked) {
		list_del(&reader->node);
		kfree(reader);
	}
	mutex_unlock(&readers_lock);
	atomic_dec(&calls_running);
	return 0;
}

static ssize_t copy_records(struct reader *reader, struct iov_iter *to)
{
	struct pacct_entry entry;
	size_t size = sizeof(entry.record);
	ssize_t copied = 0;

	guard(mutex)(&reader->lock);
	while (iov_iter_count(to) >= size) {
		u64 cursor = reader->cursor;

		if (!pacct_ring_get(&cursor, &entry))
			break;
		if (!copy_to_iter_full(&entry.record, size, to))
			return copied ?: -EFAULT;
		WRITE_ONCE(reader->cursor, cursor);
		copied += size;
	}
	if (copied)
		pacct_ring_mark_read(reader->cursor);
	return copied;
}

static bool has_news(struct reader *reader)
{
	return READ_ONCE(reader->cursor) < pacct_ring_head();
}

static bool ready(struct reader *reader)
{
	return has_news(reader) || READ_ONCE(retiring);
}

static ssize_t read_records(struct kiocb *iocb, struct iov_iter *to)
{
	struct reader *reader = iocb->ki_filp->private_data;
	bool wait = !(iocb->ki_filp->f_flags & O_NONBLOCK) &&
		    !(iocb->ki_flags & IOCB_NOWAIT);
	ssize_t copied;
	int ret;

	if (iov_iter_count(to) < sizeof(struct pacct_energy_record))
		return -EINVAL;
	for (;;) {
		copied = copy_records(reader, to);
		if (copied)
			break;
		if (READ_ONCE(retiring))
			return 0;
		if (!wait)
			return -EAGAIN;
		ret = wait_event_interruptible(news, ready(reader));
		if (ret)
			return ret;
	}
	return copied;
}

static ssize_t device_read(struct kiocb *iocb, struct iov_iter *to)
{
	ssize_t ret;

	atomic_inc(&calls_running);
	ret = read_records(iocb, to);
	atomic_dec(&calls_running);
	return ret;
}

static __poll_t device_poll(struct file *file, struct poll_table_struct *table)
{
	struct reader *reader = file->private_data;
	__poll_t events = 0;

	atomic_inc(&calls_running);
	/* Whoever does not ask for input is not to be waited for at unload. */
	if (poll_requested_events(table) & (EPOLLIN | EPOLLRDNORM))
		poll_wait(file, &news, table);
	if (has_news(reader))
		events |= EPOLLIN | EPOLLRDNORM;
	if (READ_ONCE(retiring))
		events |= EPOLLIN | EPOLLRDNORM | EPOLLHUP;
	atomic_dec(&calls_running);
	return events;
}

/* No .write, no .flush: whatever is here is exchanged in revoke_all(). */
static const struct file_operations device_operations = {
	.owner = CAN_REVOKE ? NULL : THIS_MODULE,
	.open = device_open,
	.release = device_release,
	.read_iter = device_read,
	.poll = device_poll,
	.llseek = noop_llseek,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "pacct_energy",
	.mode = 0400,
	.fops = &device_operations,
};

/**
 * pacct_device_wake - wake readers if there are new records
 *
 * Context: process context.
 */
void pacct_device_wake(void)
{
	u64 head = pacct_ring_head();

	if (head == announced)
		return;
	announced = head;
	wake_up_interruptible_poll(&news, EPOLLIN | EPOLLRDNORM);
}

/* How far the slowest reader is behind; 0 when there is no reader. */
static u64 backlog(void)
{
	u64 most = 0;
	struct reader *reader;

	guard(mutex)(&readers_lock);
	list_for_each_entry(reader, &readers, node)
		most = max(most, pacct_ring_head() - READ_ONCE(reader->cursor));
	return most;
}

/*
 * Waits until no reader is more than @most records behind, up to @deadline. It
 * looks now and then: looking takes a mutex, which a wait_event() must not.
 */
static void wait_for_readers(u64 most, unsigned long deadline)
{
	while (backlog() > most && time_before(jiffies, deadline))
		usleep_range(200, 500);
}

/**
 * pacct_device_make_room - wait until readers have fetched half of the ring
 *
 * At unload there may be more records at once than the ring holds. Waits
 * drain_ms in all: a reader that does not read delays unloading, no more.
 *
 * Context: process context.
 */
void pacct_device_make_room(void)
{
	if (backlog() < pacct_ring_size() / 2)
		return;
	if (!room_deadline)
		room_deadline = jiffies + msecs_to_jiffies(drain_ms);
	pacct_device_wake();
	wait_for_readers(pacct_ring_size() / 2, room_deadline);
}

/*
 * After this no operation of ours is called any more, other than by those who
 * were on their way already. All readers that are left are in @revoked.
 */
static void revoke_all(struct list_head *revoked)
{
	struct reader *reader;

	guard(mutex)(&readers_lock);
	list_for_each_entry(reader, &readers, node) {
		reader->revoked = true;
		/* The device node's size is 0: reads find the end of it. */
		WRITE_ONCE(reader->file->f_op, &generic_ro_fops);
	}
	list_splice_init(&readers, revoked);
}

static bool in_use(void)
{
	/* All wait_queue entries that may be there are old: no barrier needed. */
	return atomic_read(&calls_running) || waitqueue_active(&news);
}

static void wait_for_callers(void)
{
	synchronize_rcu_tasks();
	while (in_use()) {
		/* POLLFREE makes epoll let go, which would stay otherwise. */
		__wake_up(&news, TASK_NORMAL, 0,
			  poll_to_key(EPOLLHUP | POLLFREE));
		usleep_range(500, 1000);
	}
	/* Those that have just counted themselves out, and epoll's RCU. */
	synchronize_rcu_tasks();
	synchronize_rcu();
}

/**
 * pacct_device_retire - let readers fetch the last records, then take the
 * device away, open or not
 *
 * Context: process context. Nobody adds records any more.
 */
void pacct_device_retire(void)
{
	struct reader *reader, *next;
	LIST_HEAD(revoked);

	misc_deregister(&device);
	WRITE_ONCE(retiring, true);
	wake_up_interruptible_poll(&news, EPOLLIN | EPOLLRDNORM | EPOLLHUP);
	wait_for_readers(0, jiffies + msecs_to_jiffies(drain_ms));
	if (!CAN_REVOKE || !ever_opened)
		return;
	revoke_all(&revoked);
	wait_for_callers();
	list_for_each_entry_safe(reader, next, &revoked, node)
		kfree(reader);
}

/**
 * pacct_device_register - make the device
 *
 * Return: 0 or a negative errno
 */
int pacct_device_register(void)
{
	return misc_register(&device);
}
