import Testing

/// Everything that reads the process's environment, which is one for all tests: one at a time.
@Suite("in the process's environment", .serialized)
enum EnvironmentTests {}
