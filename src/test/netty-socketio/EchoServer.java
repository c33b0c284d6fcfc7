import com.corundumstudio.socketio.Configuration;
import com.corundumstudio.socketio.SocketIOServer;
import com.corundumstudio.socketio.Transport;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Map;

/**
 * Compared with the gateway: acknowledges an event with its arguments, and sends each message that
 * is posted to it to a group.
 */
public final class EchoServer {

  private static final ObjectMapper JSON = new ObjectMapper();

  private EchoServer() {}

  /**
   * Serves until it is killed; says on standard output at which ports.
   *
   * @param arguments the number of event loops
   */
  public static void main(String[] arguments) throws IOException {
    int port;
    // It does not tell which one it got.
    try (var probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = probe.getLocalPort();
    }
    var config = new Configuration();
    config.setHostname("127.0.0.1");
    config.setPort(port);
    config.setBossThreads(1);
    config.setWorkerThreads(Integer.parseInt(arguments[0]));
    config.setUseLinuxNativeEpoll(true);
    config.setTransports(Transport.WEBSOCKET);
    config.setWebsocketCompression(false);
    config.getSocketConfig().setAcceptBackLog(4096);
    config.getSocketConfig().setReuseAddress(true);
    var server = new SocketIOServer(config);
    server.addEventListener(
        "echo", String.class, (client, text, acknowledgement) -> acknowledgement.sendAckData(text));
    server.addEventListener(
        "join_group",
        String.class,
        (client, name, acknowledgement) -> {
          client.joinRoom("group:" + name);
          acknowledgement.sendAckData();
        });
    server.start();
    var management =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    management.createContext("/v1/messages", exchange -> publish(server, exchange));
    management.start();
    System.out.println("\"http\":" + port + ",\"management\":" + management.getAddress().getPort());
  }

  private static void publish(SocketIOServer server, HttpExchange exchange) throws IOException {
    Map<?, ?> message = JSON.readValue(exchange.getRequestBody(), Map.class);
    server.getRoomOperations((String) message.get("to")).sendEvent("message", message);
    byte[] answer = {'{', '}'};
    exchange.sendResponseHeaders(202, answer.length);
    exchange.getResponseBody().write(answer);
    exchange.close();
  }
}
