/* An extension module that does not say whether it can do without the GIL. Built by python_live.py. */
#include <Python.h>

static PyModuleDef definition = { PyModuleDef_HEAD_INIT, .m_name = "wants_gil", .m_size = -1 };

PyMODINIT_FUNC PyInit_wants_gil(void)
{
	return PyModule_Create(&definition);
}
