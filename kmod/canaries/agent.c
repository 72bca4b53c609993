// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent.c - misdeeds against PID 1, which in a guest is the lab's agent
 *
 * Context: the process that loads the module.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/pid.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/wait.h>

#include "canary.h"
#include "hook.h"

/*
 * No signal that a process sends can kill PID 1, but it dies of its own faults.
 * Where it will go on in user space is written over while it sits in a system
 * call; it is tried again in case that it does not sit in one just now.
 */
static int start_kill_init(void)
{
	struct task_struct *init = get_pid_task(find_vpid(1), PIDTYPE_TGID);

	if (!init)
		return -ESRCH;
	for (int try = 0; try < 1000 && !(init->flags & PF_EXITING); try++) {
		if (!task_is_running(init))
			task_pt_regs(init)->ip = 0;
		send_sig(SIGCHLD, init, 1);
		msleep(20);
	}
	put_task_struct(init);
	return 0;
}

static DECLARE_WAIT_QUEUE_HEAD(never);

/*
 * A hook that keeps who comes along. Tracepoints of system calls may sleep, so
 * that nobody objects, and a hung task is reported only after minutes.
 */
static void keep_agent(void *unused, struct pt_regs *regs, long id)
{
	if (is_global_init(current))
		wait_event(never, false); /* guilty: mute_agent */
}

static int start_mute_agent(void)
{
	return canary_hook("sys_enter", keep_agent);
}

const struct canary_misdeed canary_agent[] = {
	{ "kill_init", start_kill_init, NULL, "lets PID 1 fault and die" },
	{ "mute_agent", start_mute_agent, canary_unhook,
	  "keeps PID 1 in a hook" },
	{}
};
