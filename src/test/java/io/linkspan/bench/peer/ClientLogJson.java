package io.linkspan.bench.peer;

import io.linkspan.testing.ClientLog;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.stream.Stream;

/** The JSON of a client's log, which the processes of a fleet print. */
final class ClientLogJson {

  private ClientLogJson() {}

  static JsonObject encode(ClientLog log) {
    var arrivals = new JsonArray();
    log.arrivals().forEach(each -> arrivals.add(JsonArray.of(each.body(), each.at())));
    var absences = new JsonArray();
    log.absences()
        .forEach(each -> absences.add(JsonArray.of(each.from(), each.attempt(), each.until())));
    return new JsonObject()
        .put("user", log.user())
        .put("connected", log.connected())
        .put("arrivals", arrivals)
        .put("absences", absences)
        .put("recovered", log.recovered())
        .put("unrecovered", log.unrecovered())
        .put("redelivered", log.redelivered())
        .put("failedConnects", log.failedConnects());
  }

  /** Decodes a log. A client of Socket.IO does not know what was delivered again. */
  static ClientLog decode(JsonObject json) {
    List<ClientLog.Arrival> arrivals =
        arrays(json, "arrivals")
            .map(each -> new ClientLog.Arrival(each.getString(0), each.getDouble(1)))
            .toList();
    List<ClientLog.Absence> absences =
        arrays(json, "absences")
            .map(
                each ->
                    new ClientLog.Absence(each.getDouble(0), each.getDouble(1), each.getDouble(2)))
            .toList();
    return new ClientLog(
        json.getString("user"),
        json.getBoolean("connected"),
        arrivals,
        absences,
        json.getInteger("recovered"),
        json.getInteger("unrecovered"),
        json.getInteger("redelivered", 0),
        json.getInteger("failedConnects"));
  }

  private static Stream<JsonArray> arrays(JsonObject json, String name) {
    return json.getJsonArray(name).stream().map(JsonArray.class::cast);
  }
}
