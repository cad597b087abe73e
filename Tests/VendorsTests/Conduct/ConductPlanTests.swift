import Testing
@testable import Vendors

@Suite struct ConductPlanTests {
  /// Whatever the catalogue says of a vendor can be looked for in its messages as they pass.
  @Test func everyVendorOfTheCatalogueHasOne() throws {
    var idle: [String] = []
    for vendor in Catalogue.builtIn().vendors.values {
      let plan = try ConductPlan(vendor)
      if plan.isIdle { idle.append(vendor.name) }
      let speaks = vendor.codec.server.hasJSONText
      #expect(plan.reports.count == (speaks ? vendor.usage.reports.count : 0), "\(vendor.name)")
      #expect(plan.words.count == (speaks ? vendor.conversation.transcripts.count : 0), "\(vendor.name)")
      #expect(plan.faults.count == (speaks ? vendor.errors.messages.count : 0), "\(vendor.name)")
      #expect(plan.marksTurns == (speaks && !vendor.conversation.turnEnd.isEmpty), "\(vendor.name)")
    }
    // Nothing is known of their messages, or they are not JSON.
    for name in idle {
      let vendor = try vendor(name)
      let isSilent = vendor.usage.reports.isEmpty && vendor.conversation.transcripts.isEmpty && vendor.audio.serverChoices.isEmpty
      #expect(!vendor.codec.server.hasJSONText || isSilent, "\(name)")
    }
  }

  static let mistakes: [(ConductSettings, String)] = [
    (settings { $0.types = ["a"] }, "need messages in JSON"),
    (settings { $0.pinned = [("a[0]", "b")] }, "'a[0]' in messages.pinned is no path"),
    (settings { $0.pinned = [("", "b")] }, "'' in messages.pinned is no path"),
  ]

  @Test(arguments: mistakes)
  func whatCannotBeDoneIsSaid(settings: ConductSettings, said: String) throws {
    do throws(InspectionError) {
      _ = try ConductPlan(.plain, settings)
      Issue.record("no error")
    } catch {
      #expect(error.description.contains(said), "\(error)")
    }
  }

  static func settings(_ change: (inout ConductSettings) -> Void) -> ConductSettings {
    var settings = ConductSettings()
    change(&settings)
    return settings
  }

  /// A template tells the messages that it makes by what in them stays.
  @Test func templatesTellTheirMessages() throws {
    let template = MessageTemplate(.json(["a": ["b": "x", "id": "{id}"], "n": 1, "list": ["y"]]))
    let match = try #require(MessageMatch(making: template))
    #expect(match.summary == "a.b = x and n = 1")
    #expect(MessageMatch(making: MessageTemplate(.json(["id": "{id}"]))) == nil)
    #expect(MessageMatch(making: MessageTemplate(.text(TextTemplate("close")))) == nil)
  }

  @Test func whatIsBilledWhereNothingIsSaid() throws {
    #expect(try ConductPlan(vendor("elevenlabs.scribe")).billsAudio)
    #expect(try !ConductPlan(vendor("deepgram.listen")).billsAudio)
    #expect(try !ConductPlan(vendor("elevenlabs.tts")).billsAudio)
  }
}
