import RoostHost

@main
struct RoostCommand {
    static func main() async {
        await Host.roost()
    }
}
