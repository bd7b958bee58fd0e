import HTTPWire
import Testing

private func answer(_ offer: String, _ settings: DeflateSettings = DeflateSettings()) throws -> String? {
    DeflateAgreement.accept(try WebSocketOffer(["sec-websocket-extensions": offer]).extensions, settings)?.responseValue
}

@Suite("An offer of permessage-deflate")
struct DeflateAgreementTests {
    @Test(
        "is accepted with its parameters, or declined",
        arguments: [
            ("permessage-deflate", "permessage-deflate; server_max_window_bits=12"),
            ("permessage-deflate; client_max_window_bits", "permessage-deflate; server_max_window_bits=12; client_max_window_bits=12"),
            ("permessage-deflate; client_max_window_bits=15", "permessage-deflate; server_max_window_bits=12; client_max_window_bits=12"),
            ("permessage-deflate; client_max_window_bits=8", "permessage-deflate; server_max_window_bits=12; client_max_window_bits=8"),
            ("permessage-deflate; client_max_window_bits=\"10\"", "permessage-deflate; server_max_window_bits=12; client_max_window_bits=10"),
            ("permessage-deflate; server_max_window_bits=9", "permessage-deflate; server_max_window_bits=9"),
            ("permessage-deflate; server_max_window_bits=15", "permessage-deflate; server_max_window_bits=12"),
            ("permessage-deflate; server_no_context_takeover", "permessage-deflate; server_no_context_takeover; server_max_window_bits=12"),
            ("permessage-deflate; client_no_context_takeover", "permessage-deflate; client_no_context_takeover; server_max_window_bits=12"),
            (
                "permessage-deflate; client_max_window_bits=11; server_max_window_bits=10; client_no_context_takeover; server_no_context_takeover",
                "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; client_max_window_bits=11"
            ),
            ("x-webkit-deflate-frame, permessage-deflate", "permessage-deflate; server_max_window_bits=12"),
            ("permessage-deflate; server_max_window_bits=8, permessage-deflate", "permessage-deflate; server_max_window_bits=12"),
            ("permessage-deflate; unknown, permessage-deflate; server_max_window_bits=10", "permessage-deflate; server_max_window_bits=10"),
            ("permessage-deflate; server_max_window_bits=10, permessage-deflate", "permessage-deflate; server_max_window_bits=10"),
            ("permessage-deflate; server_max_window_bits=8", nil), ("permessage-deflate; server_max_window_bits=7", nil), ("permessage-deflate; server_max_window_bits=16", nil),
            ("permessage-deflate; server_max_window_bits=010", nil), ("permessage-deflate; server_max_window_bits", nil), ("permessage-deflate; server_max_window_bits=x", nil),
            ("permessage-deflate; client_max_window_bits=7", nil), ("permessage-deflate; client_max_window_bits=16", nil), ("permessage-deflate; client_max_window_bits=09", nil),
            ("permessage-deflate; server_no_context_takeover=1", nil), ("permessage-deflate; client_no_context_takeover=true", nil),
            ("permessage-deflate; client_no_context_takeover; client_no_context_takeover", nil), ("permessage-deflate; server_max_window_bits=10; server_max_window_bits=10", nil),
            ("permessage-deflate; x=1", nil), ("x-webkit-deflate-frame", nil), ("permessage-bzip2", nil),
        ] as [(String, String?)]
    )
    func accepted(_ offer: String, _ response: String?) throws {
        #expect(try answer(offer) == response)
    }

    @Test("is accepted with what the server wants of it")
    func wanted() throws {
        var settings = DeflateSettings()
        settings.serverMaxWindowBits = 15
        settings.clientMaxWindowBits = 15
        #expect(try answer("permessage-deflate", settings) == "permessage-deflate")
        #expect(try answer("permessage-deflate; client_max_window_bits", settings) == "permessage-deflate; client_max_window_bits=15")
        settings.serverNoContextTakeover = true
        settings.clientNoContextTakeover = true
        #expect(try answer("permessage-deflate", settings) == "permessage-deflate; server_no_context_takeover; client_no_context_takeover")
        settings.clientMaxWindowBits = 3
        settings.serverMaxWindowBits = 99
        let agreement = DeflateAgreement.accept(try WebSocketOffer(["sec-websocket-extensions": "permessage-deflate; client_max_window_bits"]).extensions, settings)
        #expect(agreement?.clientMaxWindowBits == 9)
        #expect(agreement?.serverMaxWindowBits == 15)
    }

    @Test("leaves the client's window as it is if the client can't be told")
    func untold() throws {
        let agreement = DeflateAgreement.accept(try WebSocketOffer(["sec-websocket-extensions": "permessage-deflate"]).extensions, DeflateSettings())
        #expect(agreement?.clientMaxWindowBits == 15)
    }
}
