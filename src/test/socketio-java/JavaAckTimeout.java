import io.socket.client.AckWithTimeout;
import io.socket.client.IO;
import io.socket.client.Socket;
import java.net.URI;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.json.JSONObject;

/**
 * The time-outs of Socket.IO's Java client 2.1 and later: JavaAckTimeout URL TRANSPORT. A file of
 * its own, since it does not compile with the first generation.
 */
public final class JavaAckTimeout {

  private static final int PATIENCE_SECONDS = 20;

  private JavaAckTimeout() {}

  public static void main(String[] arguments) throws Exception {
    String url = arguments[0].replaceAll("/$", "");
    String transport = arguments[1];
    connect(url, transport, "java-mute");
    Socket asking = connect(url, transport, "java-hasty");
    JSONObject message = new JSONObject();
    message.put("to", "user:java-mute");
    message.put("body", "anybody there?");
    check(ask(asking, 50, "message", message).equals("timed out"), "no time-out");
    // What the gateway says later belongs to nobody, and harms nobody.
    check(ask(asking, 10_000, "echoed", 7).equals("acknowledged 7"), "an event after a time-out");
    check(
        ask(asking, 10_000, "message", message).contains("\"timeout\""),
        "the gateway's own time-out");
    System.out.println("passed");
    System.exit(0);
  }

  private static Socket connect(String url, String transport, String user) throws Exception {
    IO.Options options = new IO.Options();
    options.transports =
        transport.equals("upgrade")
            ? new String[] {"polling", "websocket"}
            : new String[] {transport};
    options.query = "user=" + user + "&ack=client";
    options.forceNew = true;
    Socket socket = IO.socket(URI.create(url), options);
    CompletableFuture<Object[]> connected = new CompletableFuture<>();
    socket.once(Socket.EVENT_CONNECT, connected::complete);
    socket.connect();
    connected.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    return socket;
  }

  private static String ask(Socket socket, long timeoutMs, String event, Object argument)
      throws Exception {
    CompletableFuture<String> end = new CompletableFuture<>();
    socket.emit(
        event,
        new Object[] {argument},
        new AckWithTimeout(timeoutMs) {
          @Override
          public void onSuccess(Object... answer) {
            end.complete("acknowledged " + answer[0]);
          }

          @Override
          public void onTimeout() {
            end.complete("timed out");
          }
        });
    return end.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  private static void check(boolean holds, String what) {
    if (!holds) {
      throw new AssertionError(what);
    }
  }
}
