import CPython
import Roost

/// The GIL as a lock of threads that are not Python's own.
struct InterpreterLock: WorkLock {
    func held(_ body: () -> Void) {
        // Once for the thread's life: what `threading.local` keeps is kept from request to request.
        let state = PyGILState_Ensure()
        body()
        PyGILState_Release(state)
    }

    func released(_ body: () -> Void) {
        let thread = PyEval_SaveThread()
        body()
        PyEval_RestoreThread(thread)
    }
}

/// The GIL and the application's turn: for threads that stand in for the loop's own, one of which at a time may run the application.
struct TurnLock: WorkLock {
    let turn: ApplicationTurn

    func held(_ body: () -> Void) {
        turn.take()
        InterpreterLock().held(body)
        turn.give()
    }

    /// Another thread of the application's may be the one that waits: it does not have the turn, and nobody else's is given away.
    func released(_ body: () -> Void) {
        let thread = PyEval_SaveThread()
        let hadTurn = turn.isOwn
        if hadTurn { turn.give() }
        body()
        if hadTurn { turn.take() }
        PyEval_RestoreThread(thread)
    }
}
