import Testing

@testable import RoostHost

@Suite("Formats of the access log")
struct AccessLogFormatTests {
    @Test("have the atoms that Hypercorn and Gunicorn have, and more")
    func atoms() throws {
        let hypercorn = try AccessLogFormat(#"%(h)s %(l)s %(l)s %(t)s "%(r)s" %(s)s %(b)s "%(f)s" "%(a)s""#)
        #expect(hypercorn.parts.count == 18)
        #expect(hypercorn.parts[8] == .atom(.requestLine, isQuoted: true))
        #expect(hypercorn.parts[10] == .atom(.status, isQuoted: false))
        for name in ["h", "l", "u", "t", "r", "R", "m", "U", "Uq", "q", "H", "S", "p", "s", "st", "B", "b", "f", "a", "T", "D", "M", "L", "id", "trace", "worker", "bind", "port", "X"] {
            #expect(try AccessLogFormat("%(\(name))s").parts.count == 1, "\(name)")
        }
        #expect(Set(AccessAtom.names.map(\.name)).count == AccessAtom.names.count)
    }

    @Test("name fields of requests and responses in any case")
    func fields() throws {
        let format = try AccessLogFormat("%({X-Forwarded-For}i)s%({Content-Type}o)s")
        #expect(format.parts == [.atom(.requestField(0), isQuoted: false), .atom(.responseField(1), isQuoted: false)])
        #expect(format.fieldNames == ["x-forwarded-for", "content-type"])
        #expect(format.needsResponseHead)
        #expect(try !AccessLogFormat("%({content-type}i)s").needsResponseHead)
    }

    @Test("take variables from the environment when they are read")
    func variables() throws {
        let format = try AccessLogFormat("%({HOST}e)s %({NONE}e)s %({EVIL}e)s", variables: ["HOST": "web1", "EVIL": "a\n\"b"])
        #expect(format.parts == [.literal(0..<15)])
        #expect(String(decoding: format.literals, as: UTF8.self) == #"web1 - a\n\x22b"#)
    }

    @Test("may hold percent signs, tabs and letters of any script")
    func literals() throws {
        let format = try AccessLogFormat("100%%\tß %(s)s!")
        #expect(format.parts == [.literal(0..<8), .atom(.status, isQuoted: false), .literal(8..<9)])
        #expect(String(decoding: format.literals, as: UTF8.self) == "100%\tß !")
    }

    @Test("have names", arguments: AccessLogFormat.names)
    func names(_ name: String) throws {
        let format = try AccessLogFormat(name)
        #expect(format.text == name)
        #expect(format.isJSON == (name == "json"))
        #expect(format.parts.isEmpty == format.isJSON)
    }

    @Test("that are none are refused where they go wrong", arguments: [
        ("", #"expected roost, combined, common, json, or a format with atoms such as %(h)s"#),
        ("combine", #"expected roost, combined, common, json, or a format with atoms such as %(h)s; did you mean combined?"#),
        ("%h %s", "column 1: an atom is written as %(h)s; a percent sign of its own is %%"),
        ("a %", "column 3: an atom is written as %(h)s; a percent sign of its own is %%"),
        ("%(h", "column 1: %( has no ), as in %(h)s"),
        ("%(s)s %(h)d", "column 7: behind %(h) an s is missing: %(h)s"),
        ("%(s)s %(host)s", "column 7: there is no atom %(host)s; roost(1) lists them"),
        ("ü %(A)s", "column 3: there is no atom %(A)s; did you mean %(a)s?; roost(1) lists them"),
        ("%(wroker)s", "column 1: there is no atom %(wroker)s; did you mean %(worker)s?; roost(1) lists them"),
        ("%(9)s", "column 1: there is no atom %(9)s; roost(1) lists them"),
        ("%()s", "column 1: there is no atom %()s; roost(1) lists them"),
        ("%({x}q)s", "column 1: behind } stands i for a field of the request, o for one of the response or e for a variable, as in %({x}i)s"),
        ("%({}i)s", "column 1: \"\" is no name of a header field"),
        ("%({a b}o)s", "column 1: \"a b\" is no name of a header field"),
        ("%({}e)s", "column 1: a variable's name is missing, as in %({HOSTNAME}e)s"),
        ("%(s)s %({Authorization}i)s", "column 7: the field authorization holds what only the client and the app may know; %(u)s is the user that it names"),
        ("%({Set-Cookie}o)s", "column 1: the field set-cookie holds what only the client and the app may know"),
        ("%({cookie}i)s", "column 1: the field cookie holds what only the client and the app may know"),
        ("%(s)s\n", "column 6: a line has no line breaks or control characters in it"),
    ])
    func refused(_ text: String, _ reason: String) {
        let error = #expect(throws: AccessLogFormatError.self) { try AccessLogFormat(text, variables: [:]) }
        #expect(error?.reason == reason)
    }

    @Test("are a mistake in the settings like any other")
    func setting() {
        let error = #expect(throws: SettingError.self) {
            try SettingLayers.resolve(.command, flags: [GivenFlag(key: "access_log_format", value: .text("%(x)s"))], environment: [:])
        }
        #expect(error?.description == #"--access-log-format "%(x)s": column 1: there is no atom %(x)s; did you mean %(X)s?; roost(1) lists them"#)
    }
}
