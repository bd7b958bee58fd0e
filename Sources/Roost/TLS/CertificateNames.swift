/// Whom a certificate is for, and who issued it (RFC 5280 section 4.1).
struct CertificateNames: Equatable {
    /// The subject's distinguished name (RFC 4514), the most specific part first; empty if it has none.
    let subject: String
    /// The issuer's.
    let issuer: String
    /// The host names that it is good for, in lower case; `*.example.org` is for every name one level below.
    let hosts: [String]
    /// Both names as they are encoded, to be compared.
    let encodedSubject: [UInt8]
    let encodedIssuer: [UInt8]

    /// - Parameter der: A whole certificate.
    /// - Returns: Nil for what is none.
    init?(_ der: [UInt8]) {
        var outer = DERReader(der[...])
        guard var certificate = outer.next(DERReader.Tag.sequence)?.parts, var body = certificate.next(DERReader.Tag.sequence)?.parts else { return nil }
        // The version, which the first one leaves out; the serial number, and how it is signed.
        _ = body.next(DERReader.Tag.context(0, isConstructed: true))
        guard body.next() != nil, body.next() != nil, let issuer = body.next(DERReader.Tag.sequence), body.next() != nil,
            let subject = body.next(DERReader.Tag.sequence)
        else { return nil }
        encodedSubject = Array(subject.whole)
        encodedIssuer = Array(issuer.whole)
        self.subject = DistinguishedName.text(subject)
        self.issuer = DistinguishedName.text(issuer)
        let named = Self.alternativeNames(&body)
        hosts = named ?? [DistinguishedName.commonName(subject)].compactMap { $0?.lowercased() }
    }

    /// Section 4.2.1.6; nil if the extension is not there, and then the common name counts.
    private static func alternativeNames(_ body: inout DERReader) -> [String]? {
        var extensions: DERReader.Element?
        while let part = body.next() {
            if part.tag == DERReader.Tag.context(3, isConstructed: true) { extensions = part }
        }
        guard var outer = extensions?.parts, var list = outer.next(DERReader.Tag.sequence)?.parts else { return nil }
        while let entry = list.next(DERReader.Tag.sequence) {
            var parts = entry.parts
            guard let identifier = parts.next(DERReader.Tag.objectIdentifier), identifier.content.elementsEqual(subjectAlternativeName) else { continue }
            // Whether it is critical.
            if !parts.isAtEnd, let flag = parts.next(), flag.tag == DERReader.Tag.octetString { return hosts(flag) }
            return parts.next(DERReader.Tag.octetString).map(hosts)
        }
        return nil
    }

    /// 2.5.29.17.
    private static let subjectAlternativeName: [UInt8] = [0x55, 0x1D, 0x11]

    private static func hosts(_ value: DERReader.Element) -> [String] {
        var outer = value.parts
        guard var names = outer.next(DERReader.Tag.sequence)?.parts else { return [] }
        var hosts: [String] = []
        while let name = names.next() {
            guard name.tag == DERReader.Tag.context(2, isConstructed: false) else { continue }
            hosts.append(String(decoding: name.content, as: UTF8.self).lowercased())
        }
        return hosts
    }
}
