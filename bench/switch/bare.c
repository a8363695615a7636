/* switch: the limit. Two stacks, and nothing but the registers the calling convention keeps. bare.c 1 MS */
#include "bench.h"

/* Saves the callee-saved registers and the stack pointer in *from, takes those of `to`. It leaves by a jump: a return
 * would go where the processor's stack of return addresses does not expect it, at three times the cost. */
void swap(void **from, void *to);

#if defined(__x86_64__)
enum { SAVED = 6 }; /* words under the return address */
__asm__(".globl swap\n.type swap,@function\nswap:\n"
	"push %rbp\npush %rbx\npush %r12\npush %r13\npush %r14\npush %r15\n"
	"mov %rsp, (%rdi)\nmov %rsi, %rsp\n"
	"pop %r15\npop %r14\npop %r13\npop %r12\npop %rbx\npop %rbp\n"
	"pop %rcx\njmp *%rcx\n.size swap,.-swap\n");
#elif defined(__aarch64__)
enum { SAVED = 11 }; /* x19 to x29; x30, the return address, is next */
__asm__(".globl swap\n.type swap,%function\nswap:\n"
	"sub sp, sp, #160\n"
	"stp x19, x20, [sp]\nstp x21, x22, [sp, #16]\nstp x23, x24, [sp, #32]\nstp x25, x26, [sp, #48]\n"
	"stp x27, x28, [sp, #64]\nstp x29, x30, [sp, #80]\n"
	"stp d8, d9, [sp, #96]\nstp d10, d11, [sp, #112]\nstp d12, d13, [sp, #128]\nstp d14, d15, [sp, #144]\n"
	"mov x9, sp\nstr x9, [x0]\nmov sp, x1\n"
	"ldp x19, x20, [sp]\nldp x21, x22, [sp, #16]\nldp x23, x24, [sp, #32]\nldp x25, x26, [sp, #48]\n"
	"ldp x27, x28, [sp, #64]\nldp x29, x30, [sp, #80]\n"
	"ldp d8, d9, [sp, #96]\nldp d10, d11, [sp, #112]\nldp d12, d13, [sp, #128]\nldp d14, d15, [sp, #144]\n"
	"add sp, sp, #160\nbr x30\n.size swap,.-swap\n");
#else
#error "no register swap for this machine"
#endif

static void *mine, *others;
static _Alignas(64) uint64_t stack[8192];

static void other(void)
{
	for (;;)
		swap(&others, mine);
}

int main(int argc, char **argv)
{
	int64_t budget = bench_arg(argc, argv, 2) * 1000000, rounds = 0, start, took;
	uint64_t *top = stack + 8192 - 32;

	/* The 32 words above hold the larger frame (aarch64's, 20); on x86-64 the stack pointer is then 8 mod 16 at
	 * the first instruction, as after a call. */
	top[SAVED] = (uint64_t)(uintptr_t)other;
	others = top;
	start = bench_now();
	do {
		for (int i = 0; i < 10000; i++)
			swap(&mine, others);
		rounds += 10000;
		took = bench_now() - start;
	} while (took < budget);
	bench_report("switch", (double)took / (2.0 * (double)rounds), "ns");
	return 0;
}
