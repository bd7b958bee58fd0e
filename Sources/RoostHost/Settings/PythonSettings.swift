/// What the settings say about an app in Python: which interpreter runs it, and how.
struct PythonSettings: Sendable {
    /// The interpreter: a path, or a name to look for in `PATH`.
    var interpreter: String?
    /// The virtual environment whose interpreter runs the app.
    var environment: String?
    /// The directory that modules are looked for in first; nil for the working directory.
    var directory: String?
    /// Whether the object that was named is called without arguments, and gives the app.
    var isFactory = false
    /// The event loop that ASGI apps run on.
    var loop: PythonLoop = .asyncio
    /// Whether that loop is in its debug mode.
    var isDebugging = false
}

/// An event loop of Python.
enum PythonLoop: String, Sendable, CaseIterable {
    case asyncio, uvloop, trio
}
