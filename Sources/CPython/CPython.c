#define _GNU_SOURCE 1
#include "CPython.h"
#include <dlfcn.h>

struct cpython_functions cpython_functions;
struct cpython_objects cpython_object_table;

static PyObject *variable(const char *name) {
    PyObject **found = (PyObject **)dlsym(RTLD_DEFAULT, name);
    return found ? *found : NULL;
}

int cpython_can_raise(void) { return cpython_functions.PyErr_SetString && (cpython_object_table.runtime_error = variable("PyExc_RuntimeError")); }

const char *cpython_load(void) {
#define X(result, name, parameters, arguments) cpython_functions.name = (__typeof__(cpython_functions.name))dlsym(RTLD_DEFAULT, #name);
    CPYTHON_FUNCTIONS(X)
    CPYTHON_OPTIONAL_FUNCTIONS(X)
#undef X
#define X(result, name, parameters, arguments) if (!cpython_functions.name) return #name;
    CPYTHON_FUNCTIONS(X)
#undef X
    // Objects themselves, and pointers that the interpreter has filled when it started.
#define OBJECT(field, name) if (!(cpython_object_table.field = (PyObject *)dlsym(RTLD_DEFAULT, #name))) return #name
#define POINTER(field, name) if (!(cpython_object_table.field = variable(#name))) return #name
    OBJECT(none, _Py_NoneStruct);
    OBJECT(yes, _Py_TrueStruct);
    OBJECT(no, _Py_FalseStruct);
    OBJECT(bytes_type, PyBytes_Type);
    OBJECT(list_type, PyList_Type);
    OBJECT(tuple_type, PyTuple_Type);
    OBJECT(unicode_type, PyUnicode_Type);
    OBJECT(dict_type, PyDict_Type);
    OBJECT(bool_type, PyBool_Type);
    OBJECT(long_type, PyLong_Type);
    OBJECT(float_type, PyFloat_Type);
    POINTER(base_exception, PyExc_BaseException);
    POINTER(exception, PyExc_Exception);
    POINTER(stop_iteration, PyExc_StopIteration);
    POINTER(runtime_error, PyExc_RuntimeError);
    POINTER(type_error, PyExc_TypeError);
    POINTER(value_error, PyExc_ValueError);
    POINTER(assertion_error, PyExc_AssertionError);
    POINTER(attribute_error, PyExc_AttributeError);
    POINTER(broken_pipe_error, PyExc_BrokenPipeError);
    POINTER(connection_reset_error, PyExc_ConnectionResetError);
    POINTER(os_error, PyExc_OSError);
    POINTER(system_exit, PyExc_SystemExit);
#undef OBJECT
#undef POINTER
    return NULL;
}

// The place before the arguments is the callee's to use (PEP 590).
static const size_t arguments_offset = (size_t)1 << (8 * sizeof(size_t) - 1);

static PyObject *call_with_tuple(PyObject *callable, PyObject *const *arguments, size_t count) {
    PyObject *tuple = PyTuple_New((ssize_t)count);
    if (!tuple) return NULL;
    for (size_t index = 0; index < count; index++) {
        Py_IncRef(arguments[index]);
        PyTuple_SetItem(tuple, (ssize_t)index, arguments[index]);
    }
    PyObject *result = PyObject_CallObject(callable, tuple);
    Py_DecRef(tuple);
    return result;
}

static PyObject *call(PyObject *callable, PyObject **arguments, size_t count) {
    if (cpython_functions.PyObject_Vectorcall)
        return cpython_functions.PyObject_Vectorcall(callable, arguments + 1, count | arguments_offset, NULL);
    return call_with_tuple(callable, arguments + 1, count);
}

PyObject *cpython_call0(PyObject *callable) {
    PyObject *arguments[] = {NULL};
    return call(callable, arguments, 0);
}

PyObject *cpython_call1(PyObject *callable, PyObject *first) {
    PyObject *arguments[] = {NULL, first};
    return call(callable, arguments, 1);
}

PyObject *cpython_call2(PyObject *callable, PyObject *first, PyObject *second) {
    PyObject *arguments[] = {NULL, first, second};
    return call(callable, arguments, 2);
}

PyObject *cpython_call3(PyObject *callable, PyObject *first, PyObject *second, PyObject *third) {
    PyObject *arguments[] = {NULL, first, second, third};
    return call(callable, arguments, 3);
}

int cpython_has_contexts(void) {
    return cpython_functions.PyContext_CopyCurrent && cpython_functions.PyContext_Enter && cpython_functions.PyContext_Exit;
}

PyObject *cpython_copy_context(void) { return cpython_has_contexts() ? cpython_functions.PyContext_CopyCurrent() : NULL; }

int cpython_enter_context(PyObject *context) { return cpython_functions.PyContext_Enter(context); }

void cpython_leave_context(PyObject *context) { cpython_functions.PyContext_Exit(context); }

int cpython_has_send_slot(void) { return cpython_functions.PyIter_Send != NULL; }

int cpython_send(PyObject *coroutine, PyObject *value, PyObject **result) {
    if (cpython_functions.PyIter_Send) return cpython_functions.PyIter_Send(coroutine, value, result);
    PyObject *method = PyObject_GetAttrString(coroutine, "send");
    if (!method) return PYGEN_ERROR;
    *result = cpython_call1(method, value);
    Py_DecRef(method);
    if (*result) return PYGEN_NEXT;
    if (!PyErr_ExceptionMatches(cpython_object_table.stop_iteration)) return PYGEN_ERROR;
    PyObject *type, *exception, *traceback;
    PyErr_Fetch(&type, &exception, &traceback);
    PyErr_NormalizeException(&type, &exception, &traceback);
    *result = PyObject_GetAttrString(exception, "value");
    Py_DecRef(type);
    Py_DecRef(exception);
    Py_DecRef(traceback);
    return *result ? PYGEN_RETURN : PYGEN_ERROR;
}
