import Configuration
import Guards
import JSON
import Logging
import NIOPosix

/// Fetches a session token from a gateway as a page does: for the command line.
public enum SessionTokenRequest {
  /// Why there is none, in words for whoever called.
  public struct Failure: Error, CustomStringConvertible {
    public let description: String
  }

  /// - Parameters:
  ///   - url: of the path that gives tokens out, such as `http://localhost:8080/api/token`.
  ///   - credential: that the method's own authentication knows; nil where it asks for none.
  /// - Returns: the token, and until when it is good.
  public static func fetch(_ url: String, credential: String?) async throws(Failure) -> (token: String, expiresAt: String) {
    let address: WebSocketURL
    do throws(WebSocketURL.Problem) { address = try WebSocketURL(http: url) } catch {
      // Without the text itself, as its query may hold a credential.
      throw Failure(description: "the url has a bad \(error); expected one such as http://localhost:8080/api/token")
    }
    let fetch = HTTPFetch(group: MultiThreadedEventLoopGroup.singleton, logger: Logger(label: "voxgate") { _ in SwiftLogNoOpLogHandler() })
    fetch.allowPlain([address.authority])
    let headers = credential.map { [Inquiry.Field("Authorization", "Bearer \($0)")] } ?? []
    let answer: InquiryAnswer
    do throws(HTTPFetch.Failure) {
      answer = try await fetch.answer(to: Inquiry(method: "POST", url: url, headers: headers, body: [], timeout: .seconds(10)))
    } catch {
      throw Failure(description: "\(address.authority): \(error)")
    }
    guard case .response(let status, _, let body) = answer else { throw Failure(description: "\(address.authority): no answer") }
    let json = try? JSONValue.parse(body)
    guard status == 200, let token = json?["token"]?.stringValue, let end = json?["expiresAt"]?.stringValue else {
      // A refusal of a gateway's says why; whoever else answers there is not quoted.
      let type = json?["error"]?["type"]?.stringValue.map { ": \(Quote.plain($0).replacing("_", with: " "))" } ?? ""
      let hint = status == 404 ? "; no session_token method has this path" : status == 401 ? "; give a credential with --token" : ""
      throw Failure(description: "\(address.authority)\(address.path): status \(status)\(type)\(hint)")
    }
    return (token, end)
  }
}
