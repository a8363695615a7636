/* Pictures: whatever data they are given, every coordinate is a number within the picture, and text stays text. */
#include "show/svg.h"
#include "test.h"

#include <math.h>

static char *text;
static size_t size;

static FILE *start(void)
{
	FILE *out = open_memstream(&text, &size);

	CHECK(out);
	return out;
}

/* Tags are closed, and no attribute is anything but finite. */
static void well_formed(FILE *out)
{
	int depth = 0;

	fclose(out);
	for (char *p = strchr(text, '<'); p; p = strchr(p + 1, '<')) {
		char *end = strchr(p, '>');

		CHECK(end);
		if (p[1] == '/')
			depth--;
		else if (end[-1] != '/')
			depth++;
		CHECK(depth >= 0);
	}
	CHECK_EQ(depth, 0);
	CHECK(!strstr(text, "\"nan") && !strstr(text, "\"-nan") && !strstr(text, "\"inf") && !strstr(text, "\"-inf"));
	free(text);
}

static void text_stays_text(void)
{
	FILE *out = start();

	svg_text(out, "a<b>&\"'\033[31m\xff\xc3\xa4");
	fclose(out);
	CHECK(!strcmp(text, "a&#60;b&#62;&#38;&#34;&#39;?[31m?\xc3\xa4"));
	free(text);
}

static double any(bool positive)
{
	double v = pow(10, (double)(test_random() % 24) - 12) * (double)(test_random() % 1000 + 1);

	return test_random() % 8 == 0 && !positive ? 0 : v;
}

static void any_data_can_be_plotted(void)
{
	for (int round = 0; round < 2000; round++) {
		struct svg_plot p = {
			.title = "<t>", .x_label = "x", .y_label = "y", .n = (unsigned)test_random() % (SVG_SERIES + 1)
		};

		p.x_log = test_random() % 2;
		p.y_log = test_random() % 2;
		for (unsigned s = 0; s < p.n; s++) {
			struct svg_series *l = &p.series[s];

			l->name = "s & t";
			l->dashed = test_random() % 2;
			l->n = (unsigned)test_random() % SVG_POINTS;
			for (unsigned i = 0; i < l->n; i++) {
				l->x[i] = any(p.x_log);
				l->y[i] = any(p.y_log);
				l->low[i] = test_random() % 2 ? l->y[i] / 2 : 1e300;
				l->high[i] = l->y[i] * 2;
			}
		}
		FILE *out = start();

		svg_plot(out, &p);
		well_formed(out);
	}
}

static void any_data_can_be_bars(void)
{
	for (int round = 0; round < 1000; round++) {
		struct svg_bars b = { .title = "t", .unit = "u", .n = (unsigned)test_random() % SVG_BARS };

		b.log = test_random() % 2;
		for (unsigned i = 0; i < b.n; i++)
			b.bars[i] =
				(struct svg_bar){ .name = "\"b\"", .value = any(b.log), .low = 0, .high = any(false) };
		FILE *out = start();

		svg_bars(out, &b);
		well_formed(out);
	}
}

static void a_timeline_without_time_is_drawn(void)
{
	static const char *const rows[] = { "<one>" };
	struct svg_span span = { .row = 0, .begin = 0, .end = 0, .state = SVG_HELD };
	FILE *out = start();

	svg_timeline(out, &(struct svg_timeline){ "t", 1, 1, rows, &span, 0 });
	well_formed(out);
}

int main(void)
{
	test_start();
	TEST(text_stays_text);
	TEST(any_data_can_be_plotted);
	TEST(any_data_can_be_bars);
	TEST(a_timeline_without_time_is_drawn);
	return test_done();
}
