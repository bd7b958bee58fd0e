/// One call of `receive` that waits for its event.
///
/// `@unchecked Sendable`: it is touched on its exchange's loop only.
package final class EventWait: @unchecked Sendable {
    package typealias Action = (Result<ASGIReceiveEvent, CancellationError>) -> Void

    var action: Action?
    /// Whether whoever waited has gone without a word; nobody's event would be lost on it.
    package var isAbandoned: (() -> Bool)?
    var isCancelled = false

    package init() {}
}
