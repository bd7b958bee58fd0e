/// The few lines of Python with which an interpreter becomes the worker.
///
/// They must be understood by every version from 2.7 on, because it is they that find out which one it is.
enum WorkerProgram {
    /// - Parameters:
    ///   - tree: The directory that holds the package `roost`; nil for the one that is installed with the interpreter.
    ///   - places: Where the tree was looked for.
    ///   - mark: What error lines begin with.
    ///   - module: The module whose `main` is called.
    static func text(tree: String?, places: [String], mark: String, module: String = "roost.__main__") -> String {
        """
        import sys
        def load():
            path = sys.path[:]
            name = "%s, Python %d.%d.%d" % ((sys.executable or "python",) + tuple(sys.version_info[:3]))
            def refuse(why):
                sys.stderr.write(\(literal(mark)) + why + "\\n")
                sys.exit(\(ExitStatus.appNotLoaded.rawValue))
            if sys.version_info < (3, 9):
                refuse("roost needs Python 3.9 or later to run the app, not %s; name another one with --python or --venv" % name)
            if sys.implementation.name != "cpython":
                refuse("roost needs CPython to run the app, not %s of %s; name another one with --python or --venv" % (sys.implementation.name, name))
            import os
            lib = os.fsdecode(b\(literal(tree ?? "")))
            # Nothing in the working directory may pass for the package.
            sys.path[:] = ([lib] if lib else []) + [place for place in path if place]
            try:
                import sysconfig
                if sysconfig.get_config_var("Py_GIL_DISABLED"):
                    refuse("roost does not run free-threaded Python yet, which %s is; name a build with the GIL with --python or --venv" % name)
                from \(module) import main
            except ImportError as error:
                if getattr(error, "name", None) == "roost":
                    refuse("there is no Python package roost for %s: it is not installed there%s; install its wheel" % (name,
                        os.fsdecode(b\(literal(places.map { ", nor is it in \($0)" }.joined())))))
                refuse("cannot load the Python package roost%s into %s: %s" % (" in " + lib if lib else "", name, " ".join(str(error).split())))
            finally:
                sys.path[:] = path
            return main
        sys.exit(load()())

        """
    }

    /// The text as Python's literal of its bytes, or of the text itself if it is ASCII.
    static func literal(_ text: String) -> String {
        var result = "\""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): result += "\\" + String(UnicodeScalar(byte))
            case 0x20..<0x7F: result += String(UnicodeScalar(byte))
            default: result += (byte < 16 ? "\\x0" : "\\x") + String(byte, radix: 16)
            }
        }
        return result + "\""
    }
}
