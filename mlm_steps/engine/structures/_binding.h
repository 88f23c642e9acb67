/* What the files of the Python module share. */

#ifndef MLM_BINDING_H
#define MLM_BINDING_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "levels.h"

/* Whether a buffer has this many elements of this size. */
static inline int holds(const Py_buffer *buffer, idx count, size_t size) { return buffer->len == count * (idx)size; }

PyObject *py_chain(PyObject *module, PyObject *arguments);
PyObject *py_family_rows(PyObject *module, PyObject *arguments);
PyObject *py_family_dispersion(PyObject *module, PyObject *arguments);
PyObject *py_node_sums(PyObject *module, PyObject *arguments);
PyObject *py_several(PyObject *module, PyObject *arguments);
PyObject *py_replicates(PyObject *module, PyObject *arguments);
PyObject *py_several_check(PyObject *module, PyObject *arguments);

#endif
