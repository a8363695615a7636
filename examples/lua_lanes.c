/* lua_lanes: many Lua scripts at once in a few interpreters, one lane and one Lua state each.
 * SPDX-License-Identifier: MIT
 *
 * A Lua state may be used by one thread at a time. Its lane sees to that: each script is a task in the lane of its
 * state, with a Lua thread of its own, so scripts that sleep do so together, and those that compute take turns. What
 * makes them take turns is a hook that the interpreter calls every so many instructions: a checkpoint. Scripts of one
 * state share its globals, which may change at a checkpoint; scripts of two states compute on two cores.
 *
 *     lua_lanes STATES SCRIPT...
 *
 * Scripts are dealt to the states in turn. They have hob.sleep(seconds), hob.now() and hob.state, the number of theirs.
 * At the end it says on stderr what each lane has seen. Exit status: 1 where a script failed.
 */
#include <hob.h>
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INSTRUCTIONS = 1000 }; /* some microseconds */

struct state {
	struct hob_lane *lane;
	lua_State *lua;
};

struct script {
	struct state *state;
	const char *path;
};

static struct state *states;
static int nstates;
static char **paths;
static int npaths;

static int lua_sleep(lua_State *lua)
{
	lua_Number seconds = luaL_checknumber(lua, 1);
	int err = hob_sleep(hob_after((int64_t)(seconds * 1e9))); /* the others of this state go on meanwhile */

	return err ? luaL_error(lua, "%s", strerror(-err)) : 0;
}

static int lua_now(lua_State *lua)
{
	lua_pushnumber(lua, (lua_Number)hob_now() / 1e9);
	return 1;
}

static void checkpoint(lua_State *lua, lua_Debug *at)
{
	(void)lua;
	(void)at;
	hob_lane_yield();
}

/* In the lane from its beginning to its end. The state's own thread is the anchor of this one. */
static int run_script(void *arg)
{
	struct script *s = arg;
	lua_State *lua = lua_newthread(s->state->lua);
	int anchor = luaL_ref(s->state->lua, LUA_REGISTRYINDEX), err;

	lua_sethook(lua, checkpoint, LUA_MASKCOUNT, INSTRUCTIONS);
	err = luaL_loadfile(lua, s->path) || lua_pcall(lua, 0, 0, 0);
	if (err)
		fprintf(stderr, "%s\n", lua_tostring(lua, -1));
	luaL_unref(s->state->lua, LUA_REGISTRYINDEX, anchor);
	return err ? -1 : 0;
}

static int open_state(struct state *s, int number)
{
	static const luaL_Reg calls[] = { { "sleep", lua_sleep }, { "now", lua_now }, { NULL, NULL } };
	char name[32];

	snprintf(name, sizeof name, "lua %d", number);
	if (hob_lane_create(&s->lane, &(struct hob_lane_options){ .name = name }))
		return -1;
	s->lua = luaL_newstate();
	if (!s->lua)
		return -1;
	luaL_openlibs(s->lua);
	luaL_newlib(s->lua, calls);
	lua_pushinteger(s->lua, number);
	lua_setfield(s->lua, -2, "state");
	lua_setglobal(s->lua, "hob");
	return 0;
}

static void close_state(struct state *s)
{
	struct hob_lane_stats seen;

	if (s->lane) {
		hob_lane_stats(s->lane, &seen);
		fprintf(stderr, "lane %s: computed %.3f s; tasks waited %.3f s for it, %llu times\n",
			hob_lane_name(s->lane), (double)seen.held_ns / 1e9, (double)seen.waited_ns / 1e9,
			(unsigned long long)seen.waits);
	}
	if (s->lua)
		lua_close(s->lua); /* nobody is left that uses it */
	hob_lane_destroy(s->lane);
}

static int run_scripts(void *arg)
{
	struct script *scripts = calloc((size_t)npaths, sizeof *scripts);
	struct hob_scope *s;
	int err = scripts ? hob_scope_create(&s) : -1;

	(void)arg;
	if (err) {
		free(scripts);
		return err;
	}
	for (int i = 0; i < npaths && !err; i++) {
		scripts[i] = (struct script){ &states[i % nstates], paths[i] };
		err = hob_lane_spawn(s, scripts[i].state->lane, run_script, &scripts[i]);
	}
	if (!err)
		err = hob_scope_wait(s, HOB_NEVER); /* the first error of a script */
	hob_scope_destroy(s);
	free(scripts);
	return err;
}

int main(int argc, char **argv)
{
	struct hob_options opts = { .stack_bytes = 512 << 10 }; /* Lua calls C, which calls Lua */
	int err = 0;

	nstates = argc > 2 ? atoi(argv[1]) : 0;
	if (nstates < 1) {
		fprintf(stderr, "usage: lua_lanes STATES SCRIPT...\n");
		return 2;
	}
	paths = argv + 2;
	npaths = argc - 2;
	states = calloc((size_t)nstates, sizeof *states);
	for (int i = 0; states && i < nstates && !err; i++)
		err = open_state(&states[i], i);
	if (!states || err)
		fprintf(stderr, "lua_lanes: no memory for %d states\n", nstates);
	else
		err = hob_run(&opts, run_scripts, NULL);
	for (int i = 0; states && i < nstates; i++)
		close_state(&states[i]);
	free(states);
	return err ? 1 : 0;
}
