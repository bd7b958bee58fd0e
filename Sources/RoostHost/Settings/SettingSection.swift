/// A heading of the help text and the manual, with the settings that stand under it.
enum SettingSection: String, Sendable, CaseIterable {
    case general = "General"
    case listening = "Listening"
    case tls = "TLS"
    case http2 = "HTTP/2"
    case proxies = "Proxies"
    case application = "Application"
    case python = "Python apps"
    case files = "Static files"
    case workers = "Workers"
    case development = "Development"
    case responses = "Responses"
    case limits = "Limits"
    case timeouts = "Timeouts"
    case lifecycle = "Starting and stopping"
    case observation = "Observation"
    case process = "Process"
}
