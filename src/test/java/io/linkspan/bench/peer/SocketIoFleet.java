package io.linkspan.bench.peer;

import io.linkspan.testing.ClientLog;
import io.linkspan.testing.NodeScript;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Clients of Socket.IO 4 in a Node process, the same for the gateway and for its peer. */
public final class SocketIoFleet implements Fleet {

  private final Process process;
  private final BufferedReader output;
  private final Writer input;

  /** Starts clients, which join a group. */
  public SocketIoFleet(int port, int clients, int perSecond, String group)
      throws IOException, InterruptedException {
    ProcessBuilder builder =
        NodeScript.command("node-socketio", "board-fleet.mjs", "--max-old-space-size=2048");
    builder
        .command()
        .addAll(
            List.of(
                "http://127.0.0.1:" + port,
                Integer.toString(clients),
                Integer.toString(perSecond),
                group));
    process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
    output = process.inputReader(StandardCharsets.UTF_8);
    input = process.outputWriter(StandardCharsets.UTF_8);
    line();
  }

  @Override
  public int connected() throws IOException {
    command("count");
    return Integer.parseInt(line().split(" ", 2)[1]);
  }

  @Override
  public void startCutting(long periodMs, long awayMs) throws IOException {
    command("cut " + periodMs + ' ' + awayMs);
  }

  @Override
  public void stopCutting() throws IOException {
    command("calm");
  }

  @Override
  public List<ClientLog> logs() throws IOException {
    command("log");
    List<ClientLog> logs = new ArrayList<>();
    String line = line();
    while (!line.equals("end")) {
      logs.add(log(new JsonObject(line)));
      line = line();
    }
    return logs;
  }

  private static ClientLog log(JsonObject client) {
    List<ClientLog.Arrival> arrivals = new ArrayList<>();
    for (Object each : client.getJsonArray("arrivals")) {
      var arrival = (JsonArray) each;
      arrivals.add(new ClientLog.Arrival(arrival.getString(0), arrival.getDouble(1)));
    }
    List<ClientLog.Absence> absences = new ArrayList<>();
    for (Object each : client.getJsonArray("absences")) {
      var absence = (JsonArray) each;
      absences.add(
          new ClientLog.Absence(absence.getDouble(0), absence.getDouble(1), absence.getDouble(2)));
    }
    return new ClientLog(
        client.getString("user"),
        client.getBoolean("connected"),
        arrivals,
        absences,
        client.getInteger("recovered"),
        client.getInteger("unrecovered"),
        0,
        client.getInteger("failedConnects"));
  }

  private void command(String line) throws IOException {
    input.write(line + '\n');
    input.flush();
  }

  private String line() throws IOException {
    String line = output.readLine();
    if (line == null) {
      throw new IOException("the clients have ended");
    }
    return line;
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}
