/* The switch of stacks on x86-64, System V ABI.
 *
 *	void fiber_swap(void **save, void *load);
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
 * before a return address: it must belong to this function. */
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
	ud2
	.cfi_endproc
	.size fiber_trampoline, . - fiber_trampoline

/* Fit for indirect branch tracking (notrack: a return address is no endbr64), not for a shadow stack of calls. */
	.section .note.gnu.property, "a"
	.p2align 3
	.long 4, 16, 5		/* sizes of name and description, NT_GNU_PROPERTY_TYPE_0 */
	.asciz "GNU"
	.long 0xc0000002, 4	/* GNU_PROPERTY_X86_FEATURE_1_AND */
	.long 1, 0		/* IBT; padding */
	.section .note.GNU-stack, "", @progbits
