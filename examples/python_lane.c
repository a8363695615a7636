/* python_lane: many Python scripts at once in one interpreter, in one lane.
 * SPDX-License-Identifier: MIT
 *
 * CPython's interpreter lock is a lane of its own making, which knows threads and not tasks. So here the lane comes
 * first: each script is a task in it, with a PyThreadState of its own, that is taken off the thread whenever the task
 * lets go of the lane and put on whichever thread it goes on upon. Scripts that sleep do so together, and those that
 * compute take turns: at each call of a function there is a checkpoint.
 *
 *     python_lane SCRIPT...
 *
 * They have a module `hob` with sleep(seconds) and now(), and share the modules they import. At the end it says on
 * stderr what the lane has seen. Exit status: 1 where a script failed.
 *
 * What does not work: extensions that call back by PyGILState_Ensure, which knows one PyThreadState a thread; and locks
 * of threading that a script holds while it sleeps by hob.sleep, since who waits for them blocks the others' thread.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <hob.h>
#include <stdbool.h>

static struct hob_lane *lane;
static hob_local current; /* the task's PyThreadState */
static PyInterpreterState *interpreter;
static PyObject *import; /* Python's own __import__ */
static int importing;    /* in the lane */

/* Those of tasks that have ended: in the lane. They are kept, since CPython notes by thread which it saw first. */
static PyThreadState **spare;
static int nspare, nscripts;
static char **scripts;

static int checkpoint(PyObject *self, PyFrameObject *frame, int what, PyObject *arg)
{
	(void)self, (void)frame, (void)what, (void)arg;
	if (!importing)
		hob_lane_yield();
	return 0;
}

/* The locks of imports know threads, not tasks: a script has the lane until its import is done. */
static PyObject *py_import(PyObject *self, PyObject *args, PyObject *names)
{
	PyObject *found;

	(void)self;
	importing++;
	found = PyObject_Call(import, args, names);
	importing--;
	return found;
}

static void enter(void *arg)
{
	PyThreadState *state = hob_local_get(current);
	bool first = !state;

	(void)arg;
	if (first) {
		state = nspare ? spare[--nspare] : PyThreadState_New(interpreter);
		if (!state || hob_local_set(current, state))
			Py_FatalError("no memory for the state of a script");
	}
	PyEval_RestoreThread(state); /* CPython's own lock is free, but for threads that Python has started */
	if (first)
		PyEval_SetProfile(checkpoint, NULL);
}

static void leave(void *arg)
{
	(void)arg;
	PyEval_SaveThread();
}

/* At the end of a task, which still is in the lane. */
static void keep(void *state)
{
	PyEval_SetProfile(NULL, NULL);
	spare[nspare++] = state;
}

static PyObject *py_sleep(PyObject *self, PyObject *arg)
{
	double seconds = PyFloat_AsDouble(arg);
	int err;

	(void)self;
	if (PyErr_Occurred())
		return NULL;
	if (importing)
		return PyErr_Format(PyExc_OSError, "sleep: not during an import");
	err = hob_sleep(hob_after((int64_t)(seconds * 1e9))); /* leave(), the others' turn, enter() */
	if (err)
		return PyErr_Format(PyExc_OSError, "sleep: %s", strerror(-err));
	Py_RETURN_NONE;
}

static PyObject *py_now(PyObject *self, PyObject *none)
{
	(void)self, (void)none;
	return PyFloat_FromDouble((double)hob_now() / 1e9);
}

static PyMethodDef calls[] = { { "sleep", py_sleep, METH_O, "Lets other scripts run meanwhile." },
			       { "now", py_now, METH_NOARGS, "Seconds, of the monotonic clock." },
			       { "__import__", (PyCFunction)(void (*)(void))py_import, METH_VARARGS | METH_KEYWORDS,
				 NULL },
			       { 0 } };
static struct PyModuleDef module = { PyModuleDef_HEAD_INIT, .m_name = "hob", .m_size = -1, .m_methods = calls };

static PyObject *make_module(void)
{
	return PyModule_Create(&module);
}

static int run_script(void *arg)
{
	const char *path = arg;
	PyObject *globals = PyDict_New(), *result = NULL;
	FILE *file = fopen(path, "r");

	if (!file)
		fprintf(stderr, "python_lane: cannot read %s\n", path);
	if (file && globals && !PyDict_SetItemString(globals, "__builtins__", PyEval_GetBuiltins()))
		result = PyRun_FileEx(file, path, Py_file_input, globals, globals, 1);
	else if (file)
		fclose(file);
	if (PyErr_Occurred()) {
		PyErr_WriteUnraisable(NULL);
		PyErr_Clear();
	}
	Py_XDECREF(globals);
	Py_XDECREF(result);
	return result ? 0 : -1;
}

static int run_scripts(void *arg)
{
	struct hob_scope *s;
	int err = hob_scope_create(&s);

	(void)arg;
	if (err)
		return err;
	for (int i = 0; i < nscripts && !err; i++)
		err = hob_lane_spawn(s, lane, run_script, scripts[i]);
	if (!err)
		err = hob_scope_wait(s, HOB_NEVER); /* the first error of a script */
	hob_scope_destroy(s);
	return err;
}

static int replace_import(void)
{
	PyObject *builtins = PyImport_ImportModule("builtins"), *hob = PyImport_ImportModule("hob");
	PyObject *ours = hob ? PyObject_GetAttrString(hob, "__import__") : NULL;

	import = builtins ? PyObject_GetAttrString(builtins, "__import__") : NULL;
	return import && ours ? PyObject_SetAttrString(builtins, "__import__", ours) : -1;
}

/* PYTHON_HOME is where the library's own modules are: the search path may hold another Python. */
static int start_python(void)
{
	PyConfig config;
	PyStatus status;

	PyImport_AppendInittab("hob", make_module);
	PyConfig_InitPythonConfig(&config);
	config.install_signal_handlers = 0;
	status = PyConfig_SetBytesString(&config, &config.home, PYTHON_HOME);
	if (!PyStatus_Exception(status))
		status = Py_InitializeFromConfig(&config);
	PyConfig_Clear(&config);
	if (PyStatus_Exception(status))
		return -1;
	/* Who imports it first is the main thread to it, which Python waits for at its end unless it ends there: us. */
	if (!PyImport_ImportModule("threading"))
		return -1;
	return replace_import();
}

int main(int argc, char **argv)
{
	struct hob_options opts = { .stack_bytes = 1 << 20 };
	struct hob_lane_options how = { .name = "python", .on_enter = enter, .on_leave = leave };
	struct hob_lane_stats seen;
	PyThreadState *first;
	int err;

	if (argc < 2) {
		fprintf(stderr, "usage: python_lane SCRIPT...\n");
		return 2;
	}
	scripts = argv + 1;
	nscripts = argc - 1;
	spare = calloc((size_t)nscripts, sizeof *spare);
	if (!spare || start_python() || hob_lane_create(&lane, &how) || hob_local_create(&current, keep)) {
		fprintf(stderr, "python_lane: Python cannot be started\n");
		return 1;
	}
	interpreter = PyInterpreterState_Get();
	first = PyEval_SaveThread(); /* from here on Python is the lane's */
	err = hob_run(&opts, run_scripts, NULL);
	PyEval_RestoreThread(first);
	hob_lane_stats(lane, &seen);
	fprintf(stderr, "lane python: computed %.3f s; tasks waited %.3f s for it, %llu times\n",
		(double)seen.held_ns / 1e9, (double)seen.waited_ns / 1e9, (unsigned long long)seen.waits);
	if (Py_FinalizeEx())
		err = -1;
	hob_lane_destroy(lane);
	free(spare);
	return err ? 1 : 0;
}
