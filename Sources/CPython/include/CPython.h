// The part of CPython's stable ABI (PEP 384) that the extension module uses, declared here and found at run time, so that one file serves every
// CPython from 3.9 on, and is built without any Python.
//
// Every function has CPython's own name and meaning ("Python/C API Reference Manual"). They may be called once cpython_load has returned NULL,
// by a thread that holds the GIL.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// What every object begins with; but for these two words its layout is the interpreter's business.
typedef struct PyObject {
    intptr_t reference_count;
    void *_Nullable type;
} PyObject;

/// An instance of a type of our own: a pointer that belongs to the module follows the head.
typedef struct {
    PyObject head;
    void *_Nullable content;
} PyContainer;

typedef struct {
    const char *_Nullable name;
    void *_Nullable function;
    int flags;
    const char *_Nullable doc;
} PyMethodDef;

typedef struct {
    const char *_Nullable name;
    void *_Nullable get;
    void *_Nullable set;
    const char *_Nullable doc;
    void *_Nullable closure;
} PyGetSetDef;

typedef struct {
    int slot;
    void *_Nullable function;
} PyType_Slot;

typedef struct {
    const char *_Nullable name;
    int basic_size;
    int item_size;
    unsigned int flags;
    PyType_Slot *_Nullable slots;
} PyType_Spec;

typedef struct {
    PyObject head;
    void *_Nullable init;
    ssize_t index;
    void *_Nullable copy;
    const char *_Nullable name;
    const char *_Nullable doc;
    ssize_t size;
    PyMethodDef *_Nullable methods;
    void *_Nullable slots;
    void *_Nullable traverse;
    void *_Nullable clear;
    void *_Nullable free;
} PyModuleDef;

/// PEP 3118's view of an object's memory.
typedef struct {
    void *_Nullable buf;
    PyObject *_Nullable obj;
    ssize_t len;
    ssize_t itemsize;
    int readonly;
    int ndim;
    char *_Nullable format;
    ssize_t *_Nullable shape;
    ssize_t *_Nullable strides;
    ssize_t *_Nullable suboffsets;
    void *_Nullable internal;
} Py_buffer;

// Numbers of typeslots.h, methodobject.h, object.h and moduleobject.h; they never change.
#define CPython_tp_call 50
#define CPython_tp_dealloc 52
#define CPython_tp_doc 56
#define CPython_tp_iter 62
#define CPython_tp_iternext 63
#define CPython_tp_methods 64
#define CPython_tp_getset 73
#define CPython_am_await 77
#define CPython_am_send 81
#define METH_VARARGS 1
#define METH_KEYWORDS 2
#define METH_NOARGS 4
#define METH_O 8
#define METH_FASTCALL 0x80
#define CPython_TPFLAGS_DEFAULT (1 << 18)
#define CPython_ABI_VERSION 3
// What PyIter_Send returns.
#define PYGEN_ERROR (-1)
#define PYGEN_RETURN 0
#define PYGEN_NEXT 1

// X(result, name, (parameters), (arguments))
#define CPYTHON_FUNCTIONS(X) \
    X(PyObject *_Nullable, PyImport_ImportModule, (const char *_Nonnull a), (a)) \
    X(PyObject *_Nullable, PyObject_GetAttrString, (PyObject *_Nonnull a, const char *_Nonnull b), (a, b)) \
    X(int, PyObject_SetAttrString, (PyObject *_Nonnull a, const char *_Nonnull b, PyObject *_Nullable c), (a, b, c)) \
    X(PyObject *_Nullable, PyObject_GetAttr, (PyObject *_Nonnull a, PyObject *_Nonnull b), (a, b)) \
    X(PyObject *_Nullable, PyObject_Call, (PyObject *_Nonnull a, PyObject *_Nonnull b, PyObject *_Nullable c), (a, b, c)) \
    X(PyObject *_Nullable, PyObject_CallObject, (PyObject *_Nonnull a, PyObject *_Nullable b), (a, b)) \
    X(PyObject *_Nullable, PyObject_GetIter, (PyObject *_Nonnull a), (a)) \
    X(PyObject *_Nullable, PyObject_Str, (PyObject *_Nonnull a), (a)) \
    X(int, PyObject_IsTrue, (PyObject *_Nonnull a), (a)) \
    X(int, PyObject_AsFileDescriptor, (PyObject *_Nonnull a), (a)) \
    X(void, PyObject_Free, (void *_Nullable a), (a)) \
    X(PyObject *_Nullable, PyIter_Next, (PyObject *_Nonnull a), (a)) \
    X(void, Py_IncRef, (PyObject *_Nullable a), (a)) \
    X(void, Py_DecRef, (PyObject *_Nullable a), (a)) \
    X(PyObject *_Nullable, PyTuple_New, (ssize_t a), (a)) \
    X(int, PyTuple_SetItem, (PyObject *_Nonnull a, ssize_t b, PyObject *_Nullable c), (a, b, c)) \
    X(PyObject *_Nullable, PyTuple_GetItem, (PyObject *_Nonnull a, ssize_t b), (a, b)) \
    X(ssize_t, PyTuple_Size, (PyObject *_Nonnull a), (a)) \
    X(PyObject *_Nullable, PyList_New, (ssize_t a), (a)) \
    X(int, PyList_SetItem, (PyObject *_Nonnull a, ssize_t b, PyObject *_Nullable c), (a, b, c)) \
    X(PyObject *_Nullable, PyList_GetItem, (PyObject *_Nonnull a, ssize_t b), (a, b)) \
    X(ssize_t, PyList_Size, (PyObject *_Nonnull a), (a)) \
    X(PyObject *_Nullable, PySequence_Tuple, (PyObject *_Nonnull a), (a)) \
    X(PyObject *_Nullable, PyDict_New, (void), ()) \
    X(PyObject *_Nullable, PyDict_Copy, (PyObject *_Nonnull a), (a)) \
    X(PyObject *_Nullable, PyDictProxy_New, (PyObject *_Nonnull a), (a)) \
    X(int, PyDict_SetItem, (PyObject *_Nonnull a, PyObject *_Nonnull b, PyObject *_Nonnull c), (a, b, c)) \
    X(int, PyDict_DelItem, (PyObject *_Nonnull a, PyObject *_Nonnull b), (a, b)) \
    X(ssize_t, PyDict_Size, (PyObject *_Nonnull a), (a)) \
    X(int, PyDict_Next, (PyObject *_Nonnull a, ssize_t *_Nonnull b, PyObject *_Nullable *_Nullable c, PyObject *_Nullable *_Nullable d), (a, b, c, d)) \
    X(PyObject *_Nullable, PyDict_GetItemWithError, (PyObject *_Nonnull a, PyObject *_Nonnull b), (a, b)) \
    X(PyObject *_Nullable, PyBytes_FromStringAndSize, (const char *_Nullable a, ssize_t b), (a, b)) \
    X(int, PyBytes_AsStringAndSize, (PyObject *_Nonnull a, char *_Nullable *_Nonnull b, ssize_t *_Nullable c), (a, b, c)) \
    X(PyObject *_Nullable, PyUnicode_FromStringAndSize, (const char *_Nullable a, ssize_t b), (a, b)) \
    X(PyObject *_Nullable, PyUnicode_DecodeUTF8, (const char *_Nullable a, ssize_t b, const char *_Nullable c), (a, b, c)) \
    X(PyObject *_Nullable, PyUnicode_DecodeLatin1, (const char *_Nullable a, ssize_t b, const char *_Nullable c), (a, b, c)) \
    X(PyObject *_Nullable, PyUnicode_AsLatin1String, (PyObject *_Nonnull a), (a)) \
    X(PyObject *_Nullable, PyUnicode_AsEncodedString, (PyObject *_Nonnull a, const char *_Nullable b, const char *_Nullable c), (a, b, c)) \
    X(PyObject *_Nullable, PyUnicode_EncodeFSDefault, (PyObject *_Nonnull a), (a)) \
    X(PyObject *_Nullable, PyUnicode_InternFromString, (const char *_Nonnull a), (a)) \
    X(const char *_Nullable, PyUnicode_AsUTF8AndSize, (PyObject *_Nonnull a, ssize_t *_Nullable b), (a, b)) \
    X(PyObject *_Nullable, PyLong_FromLong, (long a), (a)) \
    X(long, PyLong_AsLong, (PyObject *_Nonnull a), (a)) \
    X(PyObject *_Nullable, PyFloat_FromDouble, (double a), (a)) \
    X(double, PyFloat_AsDouble, (PyObject *_Nonnull a), (a)) \
    X(PyObject *_Nullable, PyType_FromSpec, (PyType_Spec *_Nonnull a), (a)) \
    X(PyObject *_Nullable, PyType_GenericAlloc, (PyObject *_Nonnull a, ssize_t b), (a, b)) \
    X(int, PyType_IsSubtype, (PyObject *_Nonnull a, PyObject *_Nonnull b), (a, b)) \
    X(PyObject *_Nullable, PyCFunction_NewEx, (PyMethodDef *_Nonnull a, PyObject *_Nullable b, PyObject *_Nullable c), (a, b, c)) \
    X(int, PyObject_GetBuffer, (PyObject *_Nonnull a, Py_buffer *_Nonnull b, int c), (a, b, c)) \
    X(void, PyBuffer_Release, (Py_buffer *_Nonnull a), (a)) \
    X(PyObject *_Nullable, PyErr_Occurred, (void), ()) \
    X(void, PyErr_Clear, (void), ()) \
    X(void, PyErr_SetObject, (PyObject *_Nonnull a, PyObject *_Nullable b), (a, b)) \
    X(void, PyErr_SetNone, (PyObject *_Nonnull a), (a)) \
    X(void, PyErr_SetString, (PyObject *_Nonnull a, const char *_Nonnull b), (a, b)) \
    X(int, PyErr_ExceptionMatches, (PyObject *_Nonnull a), (a)) \
    X(int, PyErr_GivenExceptionMatches, (PyObject *_Nonnull a, PyObject *_Nonnull b), (a, b)) \
    X(void, PyErr_Fetch, (PyObject *_Nullable *_Nonnull a, PyObject *_Nullable *_Nonnull b, PyObject *_Nullable *_Nonnull c), (a, b, c)) \
    X(void, PyErr_Restore, (PyObject *_Nullable a, PyObject *_Nullable b, PyObject *_Nullable c), (a, b, c)) \
    X(void, PyErr_NormalizeException, (PyObject *_Nullable *_Nonnull a, PyObject *_Nullable *_Nonnull b, PyObject *_Nullable *_Nonnull c), (a, b, c)) \
    X(int, PyException_SetTraceback, (PyObject *_Nonnull a, PyObject *_Nonnull b), (a, b)) \
    X(void, PyErr_WriteUnraisable, (PyObject *_Nullable a), (a)) \
    X(PyObject *_Nullable, PyErr_NewException, (const char *_Nonnull a, PyObject *_Nullable b, PyObject *_Nullable c), (a, b, c)) \
    X(PyObject *_Nullable, Py_CompileString, (const char *_Nonnull a, const char *_Nonnull b, int c), (a, b, c)) \
    X(PyObject *_Nullable, PyEval_EvalCode, (PyObject *_Nonnull a, PyObject *_Nonnull b, PyObject *_Nonnull c), (a, b, c)) \
    X(PyObject *_Nullable, PyEval_GetBuiltins, (void), ()) \
    X(void *_Nullable, PyEval_SaveThread, (void), ()) \
    X(void, PyEval_RestoreThread, (void *_Nullable a), (a)) \
    X(int, PyGILState_Ensure, (void), ()) \
    X(void, PyGILState_Release, (int a), (a)) \
    X(PyObject *_Nullable, PyModule_Create2, (PyModuleDef *_Nonnull a, int b), (a, b)) \
    X(int, PyModule_AddObject, (PyObject *_Nonnull a, const char *_Nonnull b, PyObject *_Nonnull c), (a, b, c))

// Not in every version; each has another way.
#define CPYTHON_OPTIONAL_FUNCTIONS(X) \
    X(PyObject *_Nullable, PyObject_Vectorcall, (PyObject *_Nonnull a, PyObject *_Nullable const *_Nullable b, size_t c, PyObject *_Nullable d), (a, b, c, d)) \
    X(int, PyIter_Send, (PyObject *_Nonnull a, PyObject *_Nonnull b, PyObject *_Nullable *_Nonnull c), (a, b, c)) \
    X(PyObject *_Nullable, PyContext_CopyCurrent, (void), ()) \
    X(int, PyContext_Enter, (PyObject *_Nonnull a), (a)) \
    X(int, PyContext_Exit, (PyObject *_Nonnull a), (a))

#define X(result, name, parameters, arguments) result (*_Nullable name) parameters;
struct cpython_functions {
    CPYTHON_FUNCTIONS(X)
    CPYTHON_OPTIONAL_FUNCTIONS(X)
};
#undef X

/// Objects of the interpreter that are always there; none of these references is owned.
struct cpython_objects {
    PyObject *_Nullable none, *_Nullable yes, *_Nullable no;
    PyObject *_Nullable bytes_type, *_Nullable list_type, *_Nullable tuple_type, *_Nullable unicode_type, *_Nullable dict_type;
    PyObject *_Nullable bool_type, *_Nullable long_type, *_Nullable float_type;
    PyObject *_Nullable base_exception, *_Nullable exception, *_Nullable stop_iteration, *_Nullable runtime_error, *_Nullable type_error, *_Nullable value_error;
    PyObject *_Nullable assertion_error, *_Nullable attribute_error, *_Nullable broken_pipe_error, *_Nullable connection_reset_error;
    PyObject *_Nullable os_error, *_Nullable system_exit;
};

extern struct cpython_functions cpython_functions __attribute__((visibility("hidden")));
extern struct cpython_objects cpython_object_table __attribute__((visibility("hidden")));

static inline const struct cpython_objects *_Nonnull cpython_objects(void) { return &cpython_object_table; }

/// Whether an exception can be raised, though cpython_load has found something missing.
int cpython_can_raise(void);

/// Finds everything in the running process, which must be an initialised interpreter. Returns NULL, or the name of what is missing.
const char *_Nullable cpython_load(void);

#define X(result, name, parameters, arguments) \
    static inline result name parameters { return cpython_functions.name arguments; }
CPYTHON_FUNCTIONS(X)
#undef X

static inline PyObject *_Nonnull Py_None(void) { return (PyObject *_Nonnull)cpython_object_table.none; }
static inline PyObject *_Nonnull Py_True(void) { return (PyObject *_Nonnull)cpython_object_table.yes; }
static inline PyObject *_Nonnull Py_False(void) { return (PyObject *_Nonnull)cpython_object_table.no; }

/// Whether the type of an object is exactly this one.
static inline int cpython_is_exactly(PyObject *_Nonnull object, PyObject *_Nullable type) { return object->type == (void *)type; }

/// Whether an object is an instance of a type or of one derived from it.
static inline int cpython_is_instance(PyObject *_Nonnull object, PyObject *_Nonnull type) {
    return object->type == (void *)type || PyType_IsSubtype((PyObject *_Nonnull)object->type, type);
}

/// Calls a callable with up to three arguments, which are borrowed.
PyObject *_Nullable cpython_call0(PyObject *_Nonnull callable);
PyObject *_Nullable cpython_call1(PyObject *_Nonnull callable, PyObject *_Nonnull first);
PyObject *_Nullable cpython_call2(PyObject *_Nonnull callable, PyObject *_Nonnull first, PyObject *_Nonnull second);
PyObject *_Nullable cpython_call3(PyObject *_Nonnull callable, PyObject *_Nonnull first, PyObject *_Nonnull second, PyObject *_Nonnull third);

/// PyIter_Send, by the `send` method where the interpreter lacks it (3.9).
int cpython_send(PyObject *_Nonnull coroutine, PyObject *_Nonnull value, PyObject *_Nullable *_Nonnull result);

/// Whether the interpreter exports the functions for contexts.
int cpython_has_contexts(void);

/// A copy of the thread's context (PEP 567); NULL without an exception where the interpreter does not export the functions for it.
PyObject *_Nullable cpython_copy_context(void);
/// Makes a context that `cpython_copy_context` has returned the thread's, until it is left; -1 with an exception if it is that of some thread already.
int cpython_enter_context(PyObject *_Nonnull context);
/// Leaves a context that was entered last.
void cpython_leave_context(PyObject *_Nonnull context);

/// Whether types may have the slot `am_send` (from 3.10 on).
int cpython_has_send_slot(void);
