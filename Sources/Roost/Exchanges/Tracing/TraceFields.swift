import HTTPWire
import Tracing

/// Where an instrument finds the fields of the trace that a request continues.
struct ReceivedTraceFields: Extractor {
    /// The value of a field; nil if it is not there, or not valid.
    func extract(key: String, from head: RequestHead) -> String? {
        let name = key.lowercased()
        let values = (0..<head.fieldCount).filter { head.fieldName(at: $0) == name }.map { head.fieldValue(at: $0) }
        switch name {
        case "traceparent": return TraceParent(in: head) == nil ? nil : values.first
        // Without the former it is to be left alone (W3C Trace Context, "Tracestate Header").
        case "tracestate" where TraceParent(in: head) == nil: return nil
        // Lists may be spread over several fields (RFC 9110 section 5.3).
        case "tracestate", "baggage": return values.isEmpty ? nil : values.joined(separator: ",")
        // Of two nobody can say which is right.
        default: return values.count == 1 ? values[0] : nil
        }
    }
}

/// Where an instrument puts the fields of a span's trace, names in lower case.
struct MadeTraceFields: Injector {
    func inject(_ value: String, forKey key: String, into fields: inout [String: String]) {
        fields[key.lowercased()] = value
    }
}
