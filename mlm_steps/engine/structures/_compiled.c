/* The Python module of the loops in C: it checks the buffers, then calls the loops without Python's global lock.

   It uses the stable interface, so that one binary serves every Python from 3.11 on. */

#include "_binding.h"

/* Hash of the sources, which the build passes; compiled.py compares it with that of the sources it finds. */
#ifndef SOURCE_HASH
#define SOURCE_HASH ""
#endif

static PyObject *py_evaluate(PyObject *module, PyObject *arguments)
{
    (void)module;
    int order;
    Py_ssize_t K, q;
    Py_buffer rows, columns, theta, R, G, C, out;
    if (!PyArg_ParseTuple(arguments, "inny*y*y*y*y*y*w*", &order, &K, &q, &rows, &columns, &theta, &R, &G, &C, &out))
        return NULL;
    PyObject *answer = NULL;
    const idx m = theta.len / (idx)sizeof(double);
    const idx J = K > 0 ? R.len / (K * K * (idx)sizeof(double)) : 0;
    const size_t real = sizeof(double);
    idx starts[PARTS + 1] = {0};
    lay_out(order, J, K, q - 1, m, starts);
    int fits = K > 0 && q > 0 && holds(&rows, m, sizeof(idx)) && holds(&columns, m, sizeof(idx))
               && holds(&theta, m, real) && holds(&R, J * K * K, real) && holds(&G, J * K * q, real)
               && holds(&C, q * q, real) && holds(&out, starts[PARTS], real) && order >= VALUES
               && order <= PROJECTIONS;
    for (idx r = 0; fits && r < m; r++) {
        const idx row = ((const idx *)rows.buf)[r], column = ((const idx *)columns.buf)[r];
        fits = row >= 0 && row < K && column >= 0 && column < K;
    }
    if (!fits)
        PyErr_SetString(PyExc_ValueError, "the arrays do not fit together");
    else {
        Problem s = {.J = J, .K = K, .q = q, .p = q - 1, .m = m, .rows = rows.buf, .columns = columns.buf,
                     .theta = theta.buf, .R = R.buf, .G = G.buf, .C = C.buf};
        int exists;
        Py_BEGIN_ALLOW_THREADS
        exists = evaluate(&s, order, out.buf);
        Py_END_ALLOW_THREADS
        answer = exists < 0 ? PyErr_NoMemory() : PyBool_FromLong(exists);
    }
    Py_buffer *used[] = {&rows, &columns, &theta, &R, &G, &C, &out};
    for (size_t i = 0; i < sizeof used / sizeof *used; i++)
        PyBuffer_Release(used[i]);
    return answer;
}

static PyObject *py_split(PyObject *module, PyObject *arguments)
{
    (void)module;
    Py_ssize_t J, K, width;
    double no_rank;
    Py_buffer refs, q, E, R, G;
    if (!PyArg_ParseTuple(arguments, "nnndy*w*w*w*w*", &J, &K, &width, &no_rank, &refs, &q, &E, &R, &G))
        return NULL;
    PyObject *answer = NULL;
    const idx n = refs.len / (idx)sizeof(idx);
    const size_t real = sizeof(double);
    int fits = J > 0 && K > 0 && width >= 0 && holds(&refs, n, sizeof(idx)) && holds(&q, K * n, real)
               && holds(&E, width * n, real) && holds(&R, J * K * K, real) && holds(&G, J * K * width, real);
    for (idx i = 0; fits && i < n; i++)
        fits = ((const idx *)refs.buf)[i] >= 0 && ((const idx *)refs.buf)[i] < J;
    if (!fits)
        PyErr_SetString(PyExc_ValueError, "the arrays do not fit together");
    else {
        int failed;
        Py_BEGIN_ALLOW_THREADS
        failed = split(n, J, K, width, refs.buf, no_rank, q.buf, E.buf, R.buf, G.buf);
        Py_END_ALLOW_THREADS
        answer = failed ? PyErr_NoMemory() : Py_NewRef(Py_None);
    }
    Py_buffer *used[] = {&refs, &q, &E, &R, &G};
    for (size_t i = 0; i < sizeof used / sizeof *used; i++)
        PyBuffer_Release(used[i]);
    return answer;
}

static PyObject *py_layout(PyObject *module, PyObject *arguments)
{
    (void)module;
    int order;
    Py_ssize_t J, K, p, m;
    if (!PyArg_ParseTuple(arguments, "innnn", &order, &J, &K, &p, &m))
        return NULL;
    idx starts[PARTS + 1];
    lay_out(order, J, K, p, m, starts);
    PyObject *answer = PyTuple_New(PARTS + 1);
    for (int part = 0; answer != NULL && part <= PARTS; part++) {
        PyObject *start = PyLong_FromSsize_t(starts[part]);
        if (start == NULL || PyTuple_SetItem(answer, part, start) < 0)
            Py_CLEAR(answer);
    }
    return answer;
}

static PyMethodDef methods[] = {
    {"chain", py_chain, METH_VARARGS, "Write Laplace's approximation for nested factors and its gradient."},
    {"family_rows", py_family_rows, METH_VARARGS, "Write the derivatives of the log density; return its sum."},
    {"family_dispersion", py_family_dispersion, METH_VARARGS, "Write the derivatives in the dispersion."},
    {"node_sums", py_node_sums, METH_VARARGS, "Write the sums over the nodes of quadrature."},
    {"several", py_several, METH_VARARGS, "Carry out an operation for several grouping factors."},
    {"several_check", py_several_check, METH_VARARGS, "Return whether a structure is consistent."},
    {"evaluate", py_evaluate, METH_VARARGS, "Write the criterion's three functions and their derivatives."},
    {"layout", py_layout, METH_VARARGS, "Return where each part of the output of evaluate starts, and its size."},
    {"replicates", py_replicates, METH_VARARGS, "Write the criterion of many replicates with its derivatives."},
    {"split", py_split, METH_VARARGS, "Orthogonalise columns within levels, and data against them."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "_compiled", .m_size = 0,
                                        .m_methods = methods};

static PyObject *part_names(void)
{
    PyObject *names = PyTuple_New(PARTS);
    for (int part = 0; names != NULL && part < PARTS; part++) {
        PyObject *name = PyUnicode_FromString(PART_NAMES[part]);
        if (name == NULL || PyTuple_SetItem(names, part, name) < 0)
            Py_CLEAR(names);
    }
    return names;
}

PyMODINIT_FUNC PyInit__compiled(void)
{
    PyObject *module = PyModule_Create(&definition), *names = part_names();
    if (module == NULL || names == NULL || PyModule_AddObjectRef(module, "PARTS", names) < 0
        || PyModule_AddStringConstant(module, "SOURCE_HASH", SOURCE_HASH) < 0)
        Py_CLEAR(module);
    Py_XDECREF(names);
    return module;
}
