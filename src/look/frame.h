/* Where in its program a thread is: a function, a file, a line. */
#ifndef LOOK_FRAME_H
#define LOOK_FRAME_H

/* Text of the target, made safe to hold but not to print: any byte but NUL may be inside. "" and 0: not known. What is
 * too long is cut. */
struct look_frame {
	char function[80];
	char file[160];
	unsigned line;
};

#endif
