/* The switch of stacks on aarch64, AAPCS64.
 *
 *	void fiber_swap(void **save, void *load);
 *	void fiber_swap_first(void **save, void *load);
 *	fiber_resume, jumped to with the stack to go to in x0
 *
 * Stores the callee-saved registers (x19 to x30 and the low halves of v8 to v15) on the stack and the stack pointer in
 * *save, goes over to the stack `load` that an earlier call left, and returns to where that call was made. By ret,
 * as on x86-64 and for the same reason; after br, branch target identification would want a landing pad besides. FPCR
 * stays as it is (see hob.h).
 *
 * A parked stack, from its stack pointer up: x29 x30 (a frame record), x19 to x28, d8 to d15. Both stacks have this
 * shape at the moment of the exchange, so the unwind information holds on either side of it. A debugger sees the
 * frames of a parked fiber by setting sp to its saved stack pointer and pc to fiber_parked. */

	.macro slot_pair op, a, b, offset
	\op \a, \b, [sp, #\offset]
	.ifc \op, stp
	.cfi_rel_offset \a, \offset
	.cfi_rel_offset \b, \offset + 8
	.else
	.cfi_restore \a
	.cfi_restore \b
	.endif
	.endm

	.macro all_pairs op
	slot_pair \op, x29, x30, 0
	slot_pair \op, x19, x20, 16
	slot_pair \op, x21, x22, 32
	slot_pair \op, x23, x24, 48
	slot_pair \op, x25, x26, 64
	slot_pair \op, x27, x28, 80
	slot_pair \op, d8, d9, 96
	slot_pair \op, d10, d11, 112
	slot_pair \op, d12, d13, 128
	slot_pair \op, d14, d15, 144
	.endm

	.text
	.p2align 4
	.globl fiber_swap
	.hidden fiber_swap
	.type fiber_swap, %function
fiber_swap:
	.cfi_startproc
	hint #34		/* bti c */
	sub sp, sp, #160
	.cfi_adjust_cfa_offset 160
	all_pairs stp
	mov x9, sp
	str x9, [x0]
	mov sp, x1
	.globl fiber_parked
	.hidden fiber_parked
fiber_parked:
	all_pairs ldp
	add sp, sp, #160
	.cfi_adjust_cfa_offset -160
	ret
	.cfi_endproc
	.size fiber_swap, . - fiber_swap

/* Where a new fiber begins, by the return of its first swap: fn in x19, its argument in x20. The return address is
 * undefined, which is how unwinders are told that the stack ends here. The nop is for those that look up the
 * instruction before a return address: it must belong to this function. fiber_ended is where fn would return to. */
	.p2align 4
	.type fiber_trampoline, %function
fiber_trampoline:
	.cfi_startproc
	.cfi_undefined x30
	nop
	.globl fiber_entry
	.hidden fiber_entry
fiber_entry:
	mov x0, x20
	blr x19
	.globl fiber_ended
	.hidden fiber_ended
fiber_ended:
	brk #0
	.cfi_endproc
	.size fiber_trampoline, . - fiber_trampoline

/* The same as fiber_swap, to a stack that fiber_init has made: by a jump to fn, see switch_x86_64.S. By x16, which
 * branch target identification takes for a call. */
	.p2align 4
	.globl fiber_swap_first
	.hidden fiber_swap_first
	.type fiber_swap_first, %function
fiber_swap_first:
	.cfi_startproc
	hint #34		/* bti c */
	sub sp, sp, #160
	.cfi_adjust_cfa_offset 160
	all_pairs stp
	mov x9, sp
	str x9, [x0]
	add sp, x1, #160
	.cfi_undefined x30
	ldp x16, x0, [x1, #16]
	mov x29, #0
	adrp x30, fiber_ended
	add x30, x30, :lo12:fiber_ended
	br x16
	.cfi_endproc
	.size fiber_swap_first, . - fiber_swap_first

/* Leaves the running stack for good, for the one in x0. */
	.p2align 4
	.globl fiber_resume
	.hidden fiber_resume
	.type fiber_resume, %function
fiber_resume:
	.cfi_startproc
	.cfi_undefined x30
	mov sp, x0
	b fiber_parked
	.cfi_endproc
	.size fiber_resume, . - fiber_resume

/* Branch target identification is kept. */
	.section .note.gnu.property, "a"
	.p2align 3
	.long 4, 16, 5		/* sizes of name and description, NT_GNU_PROPERTY_TYPE_0 */
	.asciz "GNU"
	.long 0xc0000000, 4	/* GNU_PROPERTY_AARCH64_FEATURE_1_AND */
	.long 1, 0		/* BTI; padding */

	.section .note.GNU-stack, "", %progbits
