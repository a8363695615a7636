/* The switch of stacks on x86-64, System V ABI.
 *
 *	void fiber_swap(void **save, void *load);
 *	void fiber_swap_first(void **save, void *load);
 *	fiber_resume, jumped to with the stack to go to in rdi
 *
 * Pushes the callee-saved registers, stores the stack pointer in *save, goes over to the stack `load` that an earlier
 * call left, and returns to where that call was made. By ret, although the core predicts it to go back on this side:
 * tasks leave from one place in the scheduler, so the prediction is right. A jump instead leaves the core's stack of
 * return addresses one out of step, and every return above is mispredicted: a yield took 28 ns by a jump and takes 15
 * by a ret (AMD EPYC). Only a bare swap between two different places is faster by a jump, by 6 of 9 ns. MXCSR and the
 * x87 control word stay as they are (see hob.h).
 *
 * A parked stack, from its stack pointer up: r15 r14 r13 r12 rbx rbp, return address. Both stacks have this shape at
 * the moment of the exchange, so the unwind information holds on either side of it. A debugger sees the frames of a
 * parked fiber by setting sp to its saved stack pointer and pc to fiber_parked. */

	.text
	.p2align 4
	.globl fiber_swap
	.hidden fiber_swap
	.type fiber_swap, @function
fiber_swap:
	.cfi_startproc
	endbr64
	pushq %rbp
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %rbp, 0
	pushq %rbx
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %rbx, 0
	pushq %r12
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %r12, 0
	pushq %r13
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %r13, 0
	pushq %r14
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %r14, 0
	pushq %r15
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %r15, 0
	movq %rsp, (%rdi)
	movq %rsi, %rsp
	.globl fiber_parked
	.hidden fiber_parked
fiber_parked:
	popq %r15
	.cfi_adjust_cfa_offset -8
	.cfi_same_value %r15
	popq %r14
	.cfi_adjust_cfa_offset -8
	.cfi_same_value %r14
	popq %r13
	.cfi_adjust_cfa_offset -8
	.cfi_same_value %r13
	popq %r12
	.cfi_adjust_cfa_offset -8
	.cfi_same_value %r12
	popq %rbx
	.cfi_adjust_cfa_offset -8
	.cfi_same_value %rbx
	popq %rbp
	.cfi_adjust_cfa_offset -8
	.cfi_same_value %rbp
	ret
	.cfi_endproc
	.size fiber_swap, . - fiber_swap

/* Where a new fiber begins, by the return of its first swap: fn in rbx, its argument in r12. The return address is
 * undefined, which is how unwinders are told that the stack ends here. The nop is for those that look up the byte
 * before a return address: it must belong to this function. fiber_ended is where fn would return to. */
	.p2align 4
	.type fiber_trampoline, @function
fiber_trampoline:
	.cfi_startproc
	.cfi_undefined %rip
	nop
	.globl fiber_entry
	.hidden fiber_entry
fiber_entry:
	endbr64
	movq %r12, %rdi
	callq *%rbx
	.globl fiber_ended
	.hidden fiber_ended
fiber_ended:
	ud2
	.cfi_endproc
	.size fiber_trampoline, . - fiber_trampoline

/* The same as fiber_swap, to a stack that fiber_init has made. It jumps to fn where that one returns to fiber_entry,
 * which calls it: so the core's stack of return addresses has the caller's on top while fn runs, and when fn ends by
 * fiber_resume, which is no call either, to that caller, each return from there on is predicted. By a swap at either
 * end all of them were one out of step. */
	.p2align 4
	.globl fiber_swap_first
	.hidden fiber_swap_first
	.type fiber_swap_first, @function
fiber_swap_first:
	.cfi_startproc
	endbr64
	pushq %rbp
	.cfi_adjust_cfa_offset 8
	pushq %rbx
	.cfi_adjust_cfa_offset 8
	pushq %r12
	.cfi_adjust_cfa_offset 8
	pushq %r13
	.cfi_adjust_cfa_offset 8
	pushq %r14
	.cfi_adjust_cfa_offset 8
	pushq %r15
	.cfi_adjust_cfa_offset 8
	movq %rsp, (%rdi)
	leaq 48(%rsi), %rsp
	.cfi_undefined %rip
	leaq fiber_ended(%rip), %rax
	movq %rax, (%rsp)
	movq 24(%rsi), %rdi
	xorl %ebp, %ebp
	jmpq *32(%rsi)
	.cfi_endproc
	.size fiber_swap_first, . - fiber_swap_first

/* Leaves the running stack for good. */
	.p2align 4
	.globl fiber_resume
	.hidden fiber_resume
	.type fiber_resume, @function
fiber_resume:
	.cfi_startproc
	.cfi_undefined %rip
	movq %rdi, %rsp
	jmp fiber_parked
	.cfi_endproc
	.size fiber_resume, . - fiber_resume

/* Fit for indirect branch tracking (notrack: a return address is no endbr64), not for a shadow stack of calls. */
	.section .note.gnu.property, "a"
	.p2align 3
	.long 4, 16, 5		/* sizes of name and description, NT_GNU_PROPERTY_TYPE_0 */
	.asciz "GNU"
	.long 0xc0000002, 4	/* GNU_PROPERTY_X86_FEATURE_1_AND */
	.long 1, 0		/* IBT; padding */
	.section .note.GNU-stack, "", @progbits
