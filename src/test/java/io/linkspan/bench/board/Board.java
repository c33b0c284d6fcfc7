package io.linkspan.bench.board;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Holds the result of one run.
 *
 * @param manifest versions, machine, size and seed of the run
 */
public record Board(JsonObject manifest, List<RowReport> rows) {

  /** Reads a stored run. */
  public static Board read(Path file) throws IOException {
    var json = new JsonObject(Files.readString(file));
    List<RowReport> rows = new ArrayList<>();
    json.getJsonArray("rows").forEach(row -> rows.add(RowReport.of((JsonObject) row)));
    return new Board(json.getJsonObject("manifest"), rows);
  }

  /** Writes the run as one JSON file, whose folder is created. */
  public void write(Path file) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    Files.createDirectories(folder);
    Files.writeString(file, toJson().encodePrettily() + "\n");
  }

  /** Returns the content of the file. */
  JsonObject toJson() {
    JsonArray reports = new JsonArray();
    rows.forEach(row -> reports.add(row.toJson()));
    return new JsonObject().put("manifest", manifest).put("rows", reports);
  }

  /** Returns a text for each limit that does not hold. */
  public List<String> failures() {
    return rows.stream().flatMap(row -> row.failures().stream()).toList();
  }

  /** Returns a text for each aim that is missed. */
  public List<String> missedAims() {
    return rows.stream().flatMap(row -> row.missedAims().stream()).toList();
  }
}
