// SPDX-License-Identifier: Apache-2.0

/// Functions that are on the stack of a report without being its cause: those that detect, those that
/// print, and helpers so general that it is their caller who used them wrongly.
///
/// A pattern is a function's name; `*` at its start or end stands for anything.
enum InnocentFrames {
    /// Functions that are innocent for one reason.
    struct Group: Sendable {
        /// Why.
        let reason: String
        /// Patterns, separated by blanks.
        let patterns: String
    }

    private static let primitives = Group(
        reason: "locking primitives: who takes the lock decides when",
        patterns: """
            *raw_spin_* *raw_read_* *raw_write_* *spin_lock* *spin_unlock* *spin_trylock* *queued_spin*
            *pv_queued* pv_wait* __pv_* *read_lock* *read_unlock* *write_lock* *write_unlock* rwlock_*
            do_raw_* debug_spin_* spin_bug spin_dump rwlock_bug *mutex_lock* *mutex_unlock* *mutex_trylock*
            __mutex_* mutex_is_locked mutex_* __ww_mutex* ww_mutex* *rt_mutex* rt_spin_* rt_read_* rt_write_*
            *rtmutex* rwbase_* rtlock_* rwsem_* *down_read* *down_write* *up_read* *up_write* down
            down_interruptible down_killable down_timeout down_trylock __down* up __up call_rwsem_*
            downgrade_write percpu_down_* percpu_up_* __percpu_* *osq_lock* *osq_unlock* *lock_sock*
            release_sock seqcount_* __seqprop_* *seqlock* read_seqbegin* write_seq* do_read_seqcount*
            do_write_seq* local_lock* local_unlock* __local_* bit_spin_* native_read_* __sema* sema_*
            hlock_class lock_mount_hash unlock_mount_hash lock_two_*
            """)

    private static let lockdep = Group(
        reason: "lockdep",
        patterns: """
            *lockdep* lock_acquire* lock_release* lock_acquired lock_contended lock_is_held* __lock_acquire*
            __lock_release* __lock_is_held* lock_downgrade* __lock_downgrade* lock_set_class __lock_set_class
            lock_pin_lock lock_unpin_lock register_lock_class* assign_lock_key look_up_lock_class*
            reacquire_held_locks* find_held_lock check_prev_add* check_prevs_add* validate_chain*
            check_deadlock* print_deadlock_bug* print_circular_bug* check_noncircular* check_path*
            print_irq_inversion_bug* check_usage* print_bad_irq_dependency* print_usage_bug* mark_lock*
            mark_held_locks* check_irq_usage* check_lock_unlock* print_freed_lock_bug print_unlock*
            print_lock_* __bfs add_lock_to_list* save_trace* valid_state* mark_usage* check_wait_context*
            print_lock_invalid* debug_check_no_locks* trace_hardirqs_* trace_softirqs_* hardirqs_*
            __trace_hardirqs* rcu_lock_acquire rcu_lock_release rcu_lockdep_* debug_lockdep* lockdep_*
            usage_match* is_dynamic_key add_chain* rt_mutex_acquire* print_deadlock* look_up* check_chain*
            inc_chains
            """)

    private static let allocators = Group(
        reason: "allocators: they fail, or find the damage, for somebody else",
        patterns: """
            kmalloc* __kmalloc* kzalloc* kcalloc* kvmalloc* kvzalloc* krealloc* kvrealloc* kfree* __kfree*
            kvfree* kzfree vfree* __vfree* vmalloc* __vmalloc* vzalloc* kmem_cache_* __kmem_cache* slab_*
            __slab_* ___slab_* slub_* allocate_slab* new_slab* ____cache* cache_alloc* cache_grow*
            cache_free* cache_flusharray __cache_* fallback_alloc free_block* do_slab_free* *deactivate_slab*
            __free_slab discard_slab print_trailer object_err slab_err* check_slab check_object init_object*
            free_debug_processing* alloc_debug_processing* free_to_partial* unfreeze_partials*
            put_cpu_partial* flush_cpu_slab should_fail* __should_fail* fail_dump should_failslab warn_alloc*
            alloc_page* __alloc_page* alloc_pages* __alloc_frozen* get_free_page* __get_free_page*
            __get_free* free_page* __free_page* free_pages* __free_pages* free_unref_* __free_one_page
            free_one_page free_pcp* bad_page* check_new_page* prep_new_page* post_alloc_hook
            get_page_from_freelist* rmqueue* folio_alloc* __folio_alloc* alloc_frozen* ___kmalloc*
            __do_kmalloc* kmalloc_large* dump_page* __dump_page* quarantine_* free_percpu* pcpu_alloc*
            __alloc_percpu* devm_kmalloc* devm_kzalloc* alloc_vmap_area kasprintf* kvasprintf* sk_prot_alloc
            sk_alloc sock_kmalloc sock_wmalloc dev_alloc_skb* __dev_alloc_skb netdev_alloc_skb*
            __netdev_alloc_skb* napi_alloc_skb* __napi_alloc_skb build_skb __build_skb alloc_inode
            free_vmap_area* __vunmap remove_vm_area vm_unmap_aliases vm_area_alloc* kmemleak_* create_object*
            __create_object* __alloc_skb* alloc_skb kasan_* free_large_kmalloc free_nonslab_page*
            rcu_free_sheaf* __pcs_* alloc_from_pcs
            """)

    private static let sanitizers = Group(
        reason: "sanitizers: they see the bad access, others make it",
        patterns: """
            *kasan* __asan* *kcsan* *kmsan* __msan* *kfence* __tsan* *ubsan* __sanitizer* *sanitizer_cov*
            check_memory_region* memory_is_poisoned* check_region_inline check_poison* __hwasan*
            print_address_description* describe_address describe_object* print_report end_report start_report
            report_enabled set_report* assert_print kcov* write_comp_data check_canary* __read_once*
            __write_once* read_once_word* read_word_at_a_time *READ_ONCE* instrument_* handle_overflow
            val_to_string ubsan_epilogue poison_*
            """)

    private static let reporters = Group(
        reason: "what prints a report, or stops because of it",
        patterns: """
            dump_stack* __dump_stack show_stack* show_trace* print_stack_trace dump_backtrace* show_regs*
            __show_regs walk_stackframe unwind_next_frame unwind_get_return* unwind_backtrace
            __save_stack_trace* save_stack* stack_trace_* arch_stack_walk* stack_depot* stackdepot* depot_*
            set_track* printk* _printk* vprintk* *panic* __stack_chk_fail print_bad_* __warn warn_slowpath*
            warn_bogus* assertfail __warn_printk report_bug* __report_bug fixup_bug handle_bug bug_handler*
            brk_handler call_break_hook* bug_brk* kgdb_* oops_* die die_* __die* notify_die show_opcodes
            no_context __bad_area* bad_area* pgtable_bad is_prefetch* sched_show_task* show_state_filter
            *nmi_cpu_backtrace* arch_trigger* *cpumask_backtrace* trigger_*backtrace* rcu_dump_cpu_stacks*
            dump_cpu_task print_other_cpu_stall* print_cpu_stall* check_cpu_stall* rcu_check_gp_* watchdog
            watchdog_timer_fn softlockup_* lockup_detector* check_hung* is_softlockup* wq_watchdog*
            hard_lockup* watchdog_overflow* watchdog_hardlockup*
            """)

    /// Functions that are on a stack only because a report is being printed.
    static let printing = NamePatterns([sanitizers, reporters, lockdep])

    /// Innocent when lockdep says where a lock is taken: it may be the very function that does this for a
    /// whole subsystem, such as `rtnl_lock`.
    static let locking = NamePatterns([primitives, lockdep, allocators])

    /// Innocent in every kind of report.
    static let always = NamePatterns([
        sanitizers,
        reporters,
        Group(
            reason: "entry of an exception: the guilty code is where the exception came from",
            patterns: """
                do_trap* do_error_trap* do_invalid_op* invalid_op exc_* asm_exc_* handle_invalid_op
                do_general_protection general_protection do_double_fault double_fault do_int3 int3
                do_divide_error divide_error do_page_fault __do_page_fault page_fault async_page_fault
                do_kern_addr_fault spurious_kernel_fault* bad_area_nosemaphore do_user_addr_fault
                handle_page_fault do_async_page_fault do_stack_segment stack_segment error_entry error_exit
                error_sti do_debug_exception do_mem_abort do_translation_fault do_undefinstr el1_da el1_sync*
                el1_irq* el1_abort* el1_dbg el1_interrupt el1h_* el1_undef el1_brk64* arm64_serror*
                do_sp_pc_abort __do_kernel_fault die_kernel_fault do_bad_area do_DataAbort do_PrefetchAbort
                __dabt_svc __pabt_svc __und_svc __irq_svc do_alignment* do_bad* handle_exception
                ret_from_exception do_page_fault_* do_trap_* trap_* *_trap fixup_exception ex_handler_*
                """),
        lockdep,
        primitives,
        Group(
            reason: "atomics, bits and reference counts: their users count wrongly",
            patterns: """
                atomic_* atomic64_* arch_atomic* raw_atomic* *_cmpxchg* __refcount_* refcount_* kref_*
                __kref_* kobject_* __kobject_* kset_* get_kobj* test_bit set_bit clear_bit test_and_*
                __test_and_* __set_bit __clear_bit arch_set_bit arch_test_bit const_test_bit
                variable_test_bit arch_clear_bit arch___* _test_bit _set_bit fetch_or
                """),
        Group(
            reason: "containers: whoever puts a bad node into a list is not the list",
            patterns: """
                *list_add* *list_del* *list_move* *list_splice* *list_replace* list_empty* __list_* *hlist_*
                *llist_* skb_put* skb_push* skb_pull* __skb_put* __skb_pull* skb_over_panic skb_under_panic
                kfree_skb* consume_skb __kfree_skb INIT_LIST_HEAD klist_* rb_insert* rb_erase* rb_next
                rb_prev rb_first __rb_* rb_* rhashtable_* __rhashtable* rhash* rht_* *radix_tree_* xa_* xas_*
                __xa_* idr_* ida_* __ida_* timerqueue_linked*
                """),
        Group(
            reason: "strings and memory blocks: the caller passes the bad pointer or length",
            patterns: """
                memcpy* __memcpy* memmove* __memmove* memset* __memset* memcmp* bcmp memchr* memscan memzero*
                strlen* strnlen* strcpy* strncpy* strscpy* strlcpy* strlcat* strcmp* strncmp* strcat* strchr*
                strrchr* strstr* strnstr* strsep* strim* strcasecmp* strncasecmp* sized_str* fortify_*
                __fortify* kstrdup* kstrndup* kmemdup* __kmemdup* kvmemdup* strdup* strndup_user memdup_user*
                vmemdup_user* _copy_* __copy_* copy_from_* copy_to_* copy_user* copyin* copyout* raw_copy_*
                __arch_copy* clear_user* __clear_user* __put_user* __get_user* get_user* put_user*
                *_user_nocheck* rep_movs* rep_stos* copy_page_to_iter* _copy_from_iter* copy_from_iter*
                csum_partial* csum_and_copy* do_csum check_object_size* __check_object_size*
                __check_heap_object* check_heap_object* usercopy_* check_stack_object memweight swap_words*
                sort sort_r do_swap might_fault __might_fault access_ok check_zeroed_user* user_access_*
                """),
        allocators,
        Group(
            reason: "printing into buffers and to the log: the caller passes the bad argument",
            patterns: """
                vsnprintf snprintf sprintf vsprintf vscnprintf scnprintf string string_nocheck *_string
                pointer number format_decode va_format hex_dump_to_buffer print_hex_dump* dev_vprintk*
                dev_printk* __dev_printk _dev_info _dev_notice _dev_warn _dev_err _dev_alert _dev_crit
                _dev_emerg netdev_printk seq_printf seq_puts seq_write
                """),
        Group(
            reason: "checksums and ciphers: the caller passes the bad data",
            patterns: """
                crc* __crc* *crc16* sha1_* sha256_* sha512_* md5_* blake2* chacha* aes_* aesti_* __aes_*
                xts_* cipher_crypt* drbg_* rng_setkey crypto_skcipher_* crypto_cipher_* crypto_ecb_*
                crypto_rng_* crypto_shash_* crypto_ahash_* ecb_* cbc_* jhash* siphash* xxh*
                """),
        Group(
            reason: "timers and work items: whoever owns them frees or arms them wrongly",
            patterns: """
                del_timer* timer_delete* __timer_delete* try_to_del_timer* __try_to_del_timer*
                timer_shutdown* mod_timer* __mod_timer* add_timer* lock_timer_base sk_stop_timer*
                sk_reset_timer flush_work __flush_work start_flush_work flush_delayed_work cancel_work*
                __cancel_work* cancel_delayed_work* __cancel_delayed* try_to_grab_pending* work_grab_pending
                queue_work* __queue_work queue_delayed_work* __queue_delayed_work mod_delayed_work*
                insert_work delayed_work_timer_fn drain_workqueue destroy_workqueue tasklet_kill
                kthread_stop* kthread_insert_work* kthread_queue_work __kthread_queue_* kthread_flush_work*
                kthread_cancel_* cleanup_srcu_struct* call_rcu* __call_rcu* call_srcu
                """),
        Group(
            reason: "waiting and waking: the owner of the queue is at fault",
            patterns: """
                __wake_up* wake_up_bit complete complete_all complete_with_flags swake_up_* finish_wait
                *task_rq_lock* wait_for_completion* __wait_for_common do_wait_for_common
                """),
        Group(
            reason: "driver model: the driver registers or releases its devices wrongly",
            patterns: """
                device_add device_del device_register device_unregister device_create* device_destroy
                device_initialize device_release device_remove_file device_for_each_child get_device
                put_device get_device_parent* cleanup_glue_dir device_private_init device_shutdown
                devres_release_all devres_* release_nodes add_uevent_var sysfs_remove* proc_register
                proc_create* proc_mkdir* remove_proc_entry tty_unregister_device i2c_del_adapter
                __unregister_client hwrng_unregister
                """),
        Group(
            reason: "USB core: the driver passes the bad request",
            patterns: """
                usb_submit_urb usb_hcd_submit_urb usb_kill_urb usb_poison_urb usb_unlink_urb usb_free_urb
                usb_get_urb usb_kill_anchored_urbs usb_control_msg usb_bulk_msg usb_start_wait_urb
                usb_internal_control_msg dummy_urb_enqueue
                """),
        Group(
            reason: "going through devices and files: others hold the bad reference",
            patterns: """
                rollback_registered* unregister_netdevice* unregister_netdev* iput iput_final ihold
                drop_nlink inc_nlink clear_nlink set_nlink mark_buffer_dirty __brelse brelse dput fast_dput
                find_lock_entries find_get_entries truncate_inode_pages* folio_lock folio_unlock
                __folio_lock* unlock_page lock_page __lock_page* folio_wait* _atomic_dec_and_lock*
                dec_and_lock
                """),
        Group(
            reason: "instructions in disguise",
            patterns: """
                *indirect_thunk* __x86_return_thunk *retpoline* __raw_read* __raw_write* readb readw readl
                readq writeb writew writel writeq logic_in* logic_out* ioread* iowrite* native_save_fl
                native_restore_fl arch_local_* native_irq_* native_halt native_safe_halt
                """),
        Group(
            reason: "debug objects and other checks of states",
            patterns: """
                debug_print_object* debug_object_* debug_check_no_obj* __debug_check_no_obj* __debug_object*
                debug_timer* debug_hrtimer* debug_work* debug_rcu_head* work_is_static_object
                timer_is_static_object *is_static_object init_timer_key* timer_fixup_* timer_debug*
                hrtimer_fixup* work_fixup* debug_dma* check_preemption_disabled debug_smp_processor_id*
                __this_cpu_preempt_check this_cpu_preempt* ___might_sleep* __might_sleep* might_sleep*
                __might_resched* might_resched might_alloc __need_reclaim prepare_alloc_pages __cant_sleep
                __cant_migrate perf_trace_* trace_event_* __traceiter_* tracing_* ftrace_* __bpf_trace*
                bpf_trace_run* trace_call_bpf* trace_preempt_* preempt_count_* preempt_latency*
                """),
        Group(
            reason: "the way RCU is used, not RCU",
            patterns: """
                rcu_read_lock* rcu_read_unlock* __rcu_read_* rcu_preempt_* rcu_is_watching rcu_dynticks*
                rcu_dereference* rcu_nmi_* rcu_irq_* rcu_idle_*
                """),
    ])

    /// Innocent when somebody sleeps, or schedules, where that is forbidden: the scheduler did as told.
    static let scheduling = NamePatterns([
        Group(
            reason: "the scheduler, and what waits through it",
            patterns: """
                __schedule* schedule schedule_debug schedule_preempt_disabled schedule_idle preempt_schedule*
                _cond_resched __cond_resched* cond_resched* schedule_timeout* io_schedule* __switch_to*
                context_switch* __wait_* wait_for_completion* wait_for_common* __wait_for_common*
                do_wait_for_common do_nanosleep msleep* usleep_range*
                """)
    ])
}
