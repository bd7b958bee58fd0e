import CPython
import Roost

extension ASGIRequest {
    /// `http.response.zerocopysend`
    func send(partOf file: PyPointer, from offset: Int?, _ count: Int?, more: Bool) throws(PythonRaised) -> PyPointer? {
        // What `tell` and `seek` run may let go of it.
        let file = PythonReference(sharing: file)
        let descriptor = PyObject_AsFileDescriptor(file.pointer)
        guard descriptor >= 0 else { throw refusedFile(PythonRaised()) }
        let part: FilePart
        let end: Int
        do throws(FilePart.Refusal) {
            let start: Int
            if let offset { start = offset } else { start = try position(of: file.pointer, descriptor) }
            part = try FilePart(sharing: descriptor, from: start, count: count)
            end = start + part.count
        } catch {
            throw refusedFile(PyErr_Occurred() == nil ? raise(error, about: file.pointer) : PythonRaised())
        }
        let mayGoOn: Bool
        do throws(ASGIError) {
            mayGoOn = try exchange.onLoop { () throws(ASGIError) in
                defer { application.settle(exchange) }
                return try exchange.send(part, more: more)
            }
        } catch {
            throw refused(error)
        }
        if more { try raiseIfLost() }
        if offset == nil { try move(file.pointer, descriptor, to: end) }
        return mayGoOn ? returning(application.ready) : try roomToCome()
    }

    private func refusedFile(_ raised: PythonRaised) -> PythonRaised {
        exchange.onLoop {
            exchange.refuseFile()
            application.settle(exchange)
        }
        return raised
    }

    /// Where a file stands: a buffered one as its reader sees it, which is behind its descriptor. A refusal while an exception is set is Python's.
    private func position(of file: PyPointer, _ descriptor: Int32) throws(FilePart.Refusal) -> Int {
        guard let tell = PyObject_GetAttrString(file, "tell") else {
            // A number, or something that has nothing but a `fileno`.
            PyErr_Clear()
            return try FilePart.position(of: descriptor)
        }
        defer { Py_DecRef(tell) }
        guard let position = cpython_call0(tell) else { throw FilePart.Refusal("no position") }
        defer { Py_DecRef(position) }
        return PyLong_AsLong(position)
    }

    /// Moves a file behind the part of it that was sent.
    private func move(_ file: PyPointer, _ descriptor: Int32, to end: Int) throws(PythonRaised) {
        guard let seek = PyObject_GetAttrString(file, "seek") else {
            PyErr_Clear()
            return FilePart.setPosition(of: descriptor, to: end)
        }
        defer { Py_DecRef(seek) }
        let position = try PythonReference(PyLong_FromLong(end))
        _ = try PythonReference(cpython_call1(seek, position.pointer))
    }

    /// Raises the `OSError` that tells why a file without a name cannot be sent.
    private func raise(_ refusal: FilePart.Refusal, about file: PyPointer) -> PythonRaised {
        do throws(PythonRaised) {
            let failure = cpython_objects().pointee.os_error
            guard let failure else { return PythonRaised() }
            let code = try PythonReference(PyLong_FromLong(Int(refusal.code)))
            let reason = try PythonText.object(refusal.reason)
            let exception = try PythonReference(cpython_call2(failure, code.pointer, reason.pointer))
            PyErr_SetObject(exception.pointer.pointee.type?.assumingMemoryBound(to: PyObject.self) ?? failure, exception.pointer)
        } catch {
            return error
        }
        return PythonRaised()
    }
}
