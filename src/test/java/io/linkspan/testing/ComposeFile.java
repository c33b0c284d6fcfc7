package io.linkspan.testing;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** Reads {@code docs/deploy/compose.yaml}, as Compose does: anchors merged, variables replaced. */
public final class ComposeFile {

  /** Folder of the file, from which its paths are. */
  public static final String FOLDER = "docs/deploy/";

  private static final Pattern VARIABLE = Pattern.compile("\\$\\{(\\w+):\\?[^}]+}");

  private final JsonObject file;

  /**
   * A file that a container sees.
   *
   * @param source on the machine, below {@link #FOLDER}
   * @param target in the container
   */
  public record Mount(String source, String target) {}

  private ComposeFile(JsonObject file) {
    this.file = file;
  }

  /**
   * Reads the file.
   *
   * @param environment with all variables that the file requires
   */
  public static ComposeFile read(Map<String, String> environment) {
    String text =
        VARIABLE
            .matcher(DocumentedCode.read(FOLDER + "compose.yaml"))
            .replaceAll(
                variable -> {
                  String value = environment.get(variable.group(1));
                  if (value == null) {
                    throw new AssertionError(variable.group() + " is not set");
                  }
                  return Matcher.quoteReplacement(value);
                });
    if (text.contains("${")) {
      throw new AssertionError("a variable that is not required");
    }
    Map<String, Object> tree = new Yaml(new SafeConstructor(new LoaderOptions())).load(text);
    return new ComposeFile(new JsonObject(tree));
  }

  /** Returns the keys of the file. */
  public Set<String> keys() {
    return file.fieldNames();
  }

  /** Returns a section of the file. */
  public JsonObject section(String key) {
    return file.getJsonObject(key);
  }

  /** Returns the names of all services. */
  public Set<String> services() {
    return section("services").fieldNames();
  }

  /** Returns the names of the gateways. */
  public List<String> nodes() {
    return services().stream().filter(name -> name.startsWith("node")).toList();
  }

  /** Returns a service. */
  public JsonObject service(String name) {
    return section("services").getJsonObject(name);
  }

  /** Returns the command line of a service, without its entry point. */
  public List<String> command(String service) {
    return texts(service(service).getJsonArray("command"));
  }

  /** Returns the environment of a service. */
  public Map<String, String> environment(String service) {
    Map<String, String> environment = new HashMap<>();
    service(service)
        .getJsonObject("environment")
        .forEach(variable -> environment.put(variable.getKey(), (String) variable.getValue()));
    return environment;
  }

  /** Returns the address of a service. */
  public String address(String service) {
    return service(service)
        .getJsonObject("networks")
        .getJsonObject("linkspan")
        .getString("ipv4_address");
  }

  /** Returns the files that a service sees; without its volumes, which have names. */
  public List<Mount> mounts(String service) {
    return texts(service(service).getJsonArray("volumes")).stream()
        .filter(volume -> volume.startsWith("./"))
        .map(volume -> volume.split(":", -1))
        .map(parts -> new Mount(parts[0].substring(2), parts[1]))
        .toList();
  }

  private static List<String> texts(JsonArray list) {
    return list.stream().map(String.class::cast).toList();
  }
}
