internal import ArgumentParser

/// The flags that every app has, in groups. Each group shows as a section of the help text.
struct SettingOptions: ParsableArguments {
    @OptionGroup(title: SettingSection.listening.rawValue) var listening: SettingFlags<Listening>
    @OptionGroup(title: SettingSection.tls.rawValue) var tls: SettingFlags<TLS>
    @OptionGroup(title: SettingSection.http2.rawValue) var http2: SettingFlags<HTTP2>
    @OptionGroup(title: SettingSection.webSocket.rawValue) var webSocket: SettingFlags<WebSocket>
    @OptionGroup(title: SettingSection.proxies.rawValue) var proxies: SettingFlags<Proxies>
    @OptionGroup(title: SettingSection.application.rawValue) var application: SettingFlags<Application>
    @OptionGroup(title: SettingSection.workers.rawValue) var workers: SettingFlags<Workers>
    @OptionGroup(title: SettingSection.development.rawValue) var development: SettingFlags<Development>
    @OptionGroup(title: SettingSection.responses.rawValue) var responses: SettingFlags<Responses>
    @OptionGroup(title: SettingSection.limits.rawValue) var limits: SettingFlags<Limits>
    @OptionGroup(title: SettingSection.timeouts.rawValue) var timeouts: SettingFlags<Timeouts>
    @OptionGroup(title: SettingSection.lifecycle.rawValue) var lifecycle: SettingFlags<Lifecycle>
    @OptionGroup(title: SettingSection.observation.rawValue) var observation: SettingFlags<Observation>
    @OptionGroup(title: SettingSection.process.rawValue) var process: SettingFlags<Process>
    @OptionGroup(title: SettingSection.general.rawValue) var general: SettingFlags<General>

    /// The flags that were given.
    var given: [GivenFlag] {
        listening.given + tls.given + http2.given + webSocket.given + proxies.given + application.given + workers.given + development.given
            + responses.given + limits.given + timeouts.given + lifecycle.given + observation.given + process.given + general.given
    }

    enum Listening: SettingGroup { static var section: SettingSection { .listening } }
    enum TLS: SettingGroup { static var section: SettingSection { .tls } }
    enum HTTP2: SettingGroup { static var section: SettingSection { .http2 } }
    enum WebSocket: SettingGroup { static var section: SettingSection { .webSocket } }
    enum Proxies: SettingGroup { static var section: SettingSection { .proxies } }
    enum Application: SettingGroup { static var section: SettingSection { .application } }
    enum Workers: SettingGroup { static var section: SettingSection { .workers } }
    enum Development: SettingGroup { static var section: SettingSection { .development } }
    enum Responses: SettingGroup { static var section: SettingSection { .responses } }
    enum Limits: SettingGroup { static var section: SettingSection { .limits } }
    enum Timeouts: SettingGroup { static var section: SettingSection { .timeouts } }
    enum Lifecycle: SettingGroup { static var section: SettingSection { .lifecycle } }
    enum Observation: SettingGroup { static var section: SettingSection { .observation } }
    enum Process: SettingGroup { static var section: SettingSection { .process } }
    enum General: SettingGroup { static var section: SettingSection { .general } }
}

/// The flags of static files.
struct StaticOptions: ParsableArguments {
    @OptionGroup(title: SettingSection.files.rawValue) var files: SettingFlags<Files>

    /// The flags that were given.
    var given: [GivenFlag] { files.given }

    enum Files: SettingGroup { static var section: SettingSection { .files } }
}

/// The flags of apps in Python.
struct PythonOptions: ParsableArguments {
    @OptionGroup(title: SettingSection.python.rawValue) var python: SettingFlags<Python>

    /// The flags that were given.
    var given: [GivenFlag] { python.given }

    enum Python: SettingGroup { static var section: SettingSection { .python } }
}
