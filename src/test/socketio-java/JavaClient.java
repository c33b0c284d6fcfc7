import io.socket.client.Ack;
import io.socket.client.IO;
import io.socket.client.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.json.JSONObject;

/**
 * Socket.IO's own Java client against the gateway: JavaClient URL MANAGEMENT_URL USER TRANSPORT
 * VERIFYING_URL TOKEN. Run from its source, once with the class path of each generation, whose names are the same.
 */
public final class JavaClient {

  private static final int PATIENCE_SECONDS = 20;

  private final String url;
  private final String management;
  private final String user;
  private final String transport;

  /** URL of a gateway at which a user with a token replaces its own sessions. */
  private final String verifying;

  private final String token;

  private JavaClient(String[] arguments) {
    url = arguments[0].replaceAll("/$", "");
    management = arguments[1];
    user = arguments[2];
    transport = arguments[3];
    verifying = arguments[4].replaceAll("/$", "");
    token = arguments[5];
  }

  public static void main(String[] arguments) throws Exception {
    JavaClient client = new JavaClient(arguments);
    Socket socket = client.connect("/", client.user, "client");
    client.eventsAndBinary(socket);
    client.large(socket);
    client.acknowledgesToAService(socket);
    client.doesNotWaitForEver();
    client.namespaces();
    client.order();
    client.reconnects(socket);
    client.isPutOut();
    System.out.println("passed");
    System.exit(0);
  }

  private Socket connect(String namespace, String as, String acknowledges) throws Exception {
    return connect(url + namespace, "user=" + as + "&ack=" + acknowledges);
  }

  private Socket connect(String address, String query) throws Exception {
    IO.Options options = new IO.Options();
    options.transports =
        transport.equals("upgrade")
            ? new String[] {"polling", "websocket"}
            : new String[] {transport};
    options.query = query;
    options.forceNew = true;
    options.reconnectionDelay = 50;
    Socket socket = IO.socket(address, options);
    CompletableFuture<Object[]> connected = next(socket, Socket.EVENT_CONNECT);
    socket.connect();
    await("connect", connected);
    return socket;
  }

  private void eventsAndBinary(Socket socket) throws Exception {
    byte[] bytes = {0, 1, -1};
    JSONObject nested = new JSONObject();
    nested.put("data", (Object) "\u20ac".getBytes(StandardCharsets.UTF_8));
    nested.put("text", "\u00e9\u20ac\ud83d\ude00\ud834\udd1e");
    Object[] back = ask(socket, "mixed", "text", 42, bytes, nested);
    check(back.length == 4 && back[0].equals("text") && back[1].equals(42), "plain arguments");
    check(Arrays.equals((byte[]) back[2], bytes), "binary");
    JSONObject same = (JSONObject) back[3];
    check(same.getString("text").equals(nested.getString("text")), "unicode");
    check(Arrays.equals((byte[]) same.get("data"), (byte[]) nested.get("data")), "nested binary");
    CompletableFuture<Object[]> echoed = next(socket, "echoed");
    socket.emit("echoed", 1, "two");
    check(await("echoed", echoed)[1].equals("two"), "an event");
  }

  private void large(Socket socket) throws Exception {
    String text = String.join("", Collections.nCopies(900_000, "x"));
    check(ask(socket, "big", text)[0].equals(text), "900 kB");
  }

  private void acknowledgesToAService(Socket socket) throws Exception {
    socket.once(
        "message",
        arguments -> {
          JSONObject message = (JSONObject) arguments[0];
          Object body;
          try {
            body = message.get("body");
          } catch (Exception e) {
            body = e.toString();
          }
          ((Ack) arguments[arguments.length - 1]).call("heard " + body);
        });
    JSONObject message = new JSONObject();
    message.put("to", "user:" + user);
    message.put("type", "question");
    message.put("body", "why");
    HttpRequest request =
        HttpRequest.newBuilder(
                URI.create(management + "v1/messages?wait=acknowledged&timeout=5s"))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(message.toString()))
            .build();
    HttpResponse<String> response =
        HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
    check(response.statusCode() == 200, response.body());
    JSONObject reply = new JSONObject(response.body()).getJSONObject("reply");
    check(reply.getString("body").equals("[\"heard why\"]"), response.body());
  }

  /** By hand, as the first generation has no time-out of its own; the connection goes on. */
  private void doesNotWaitForEver() throws Exception {
    Socket silent = connect("/", user + "-silent", "client");
    Socket asking = connect("/", user + "-asking", "client");
    JSONObject message = new JSONObject();
    message.put("to", "user:" + user + "-silent");
    message.put("body", "anybody there?");
    CompletableFuture<Object[]> answer = new CompletableFuture<>();
    asking.emit("message", new Object[] {message}, answer::complete);
    try {
      answer.get(50, TimeUnit.MILLISECONDS);
      throw new AssertionError("acknowledged by somebody who is silent");
    } catch (java.util.concurrent.TimeoutException expected) {
      check(ask(asking, "next", 1)[0].equals(1), "an event after a time-out");
    }
    JSONObject late = (JSONObject) await("the late acknowledgement", answer)[0];
    check(late.getJSONObject("error").getString("code").equals("timeout"), late.toString());
    silent.disconnect();
    asking.disconnect();
  }

  private void namespaces() throws Exception {
    Socket custom = connect("/custom", user + "-custom", "client");
    check(ask(custom, "where", "custom")[0].equals("custom"), "a namespace");
    custom.disconnect();
  }

  /** Right after connecting, so that an upgrade happens meanwhile. */
  private void order() throws Exception {
    // What is not acknowledged comes again, which would be out of order.
    Socket socket = connect("/", user + "-order", "transport");
    List<Object> seen = new ArrayList<>();
    CountDownLatch all = new CountDownLatch(500);
    socket.on(
        "n",
        arguments -> {
          seen.add(arguments[0]);
          all.countDown();
        });
    for (int n = 0; n < 500; n++) {
      socket.emit("n", n);
    }
    check(all.await(PATIENCE_SECONDS, TimeUnit.SECONDS), "500 events, not " + seen.size());
    for (int n = 0; n < 500; n++) {
      check(seen.get(n).equals(n), "order at " + n);
    }
    socket.disconnect();
  }

  /** The engine's connection is cut from the inside; the manager opens another. */
  private void reconnects(Socket socket) throws Exception {
    CompletableFuture<Object[]> again = next(socket, Socket.EVENT_CONNECT);
    java.lang.reflect.Field engine = socket.io().getClass().getDeclaredField("engine");
    engine.setAccessible(true);
    ((io.socket.engineio.client.Socket) engine.get(socket.io())).close();
    await("reconnect", again);
    check(ask(socket, "again", 1)[0].equals(1), "an event after reconnecting");
  }

  private void isPutOut() throws Exception {
    Socket socket = connect(verifying + "/", "token=" + token);
    CompletableFuture<Object[]> closing = next(socket, "closing");
    CompletableFuture<Object[]> gone = next(socket, Socket.EVENT_DISCONNECT);
    for (int i = 0; i < 3; i++) {
      connect(verifying + "/", "token=" + token);
    }
    JSONObject why = (JSONObject) await("closing", closing)[0];
    check(why.getInt("code") == 4409, why.toString());
    check(await("disconnect", gone)[0].equals("io server disconnect"), "put out");
  }

  private static CompletableFuture<Object[]> next(Socket socket, String event) {
    CompletableFuture<Object[]> next = new CompletableFuture<>();
    socket.once(event, next::complete);
    return next;
  }

  private static Object[] ask(Socket socket, String event, Object... arguments) throws Exception {
    CompletableFuture<Object[]> answer = new CompletableFuture<>();
    socket.emit(event, arguments, answer::complete);
    return await("the acknowledgement of " + event, answer);
  }

  private static Object[] await(String what, CompletableFuture<Object[]> future) throws Exception {
    try {
      return future.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (java.util.concurrent.TimeoutException e) {
      throw new AssertionError("waited in vain for " + what, e);
    }
  }

  private static void check(boolean holds, String what) {
    if (!holds) {
      throw new AssertionError(what);
    }
  }
}
