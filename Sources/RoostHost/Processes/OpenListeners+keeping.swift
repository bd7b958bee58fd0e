internal import Logging
internal import Roost

extension OpenListeners {
    /// Has the service manager keep the sockets over a restart (`fd_store`), and tells the operator if it does not.
    func keepOverRestart(_ logger: Logger) {
        if store() {
            logger.debug("systemd keeps the sockets over a restart")
        } else {
            logger.warning("the sockets cannot be kept over a restart (fd_store): there is none that Roost opened, or no service manager to keep it")
        }
    }
}
