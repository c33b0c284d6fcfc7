package io.linkspan.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Reads the manifests of the folder {@code k8s}, as rendered by kubectl. Where kubectl is missing,
 * the files themselves are read, except on CI, where kubectl is required.
 */
public final class KubernetesManifests {

  private static final Path FOLDER = Path.of("k8s");
  private static final Path COMPONENTS = Path.of("docs", "deploy", "kubernetes");
  private static final YAMLMapper YAML = new YAMLMapper();

  private final List<JsonNode> objects;

  private KubernetesManifests(List<JsonNode> objects) {
    this.objects = objects;
  }

  /** Renders the manifests. */
  public static KubernetesManifests render() throws IOException, InterruptedException {
    Process kubectl;
    try {
      kubectl = kustomize(FOLDER);
    } catch (IOException e) {
      if ("true".equals(System.getenv("CI"))) {
        throw e;
      }
      return new KubernetesManifests(readFiles());
    }
    return new KubernetesManifests(output(kubectl));
  }

  /**
   * Renders an overlay of the manifests.
   *
   * @param folder of the overlay, which this writes
   * @param components folders of {@code docs/deploy/kubernetes}
   */
  public static KubernetesManifests render(Path folder, List<String> components)
      throws IOException, InterruptedException {
    StringBuilder overlay =
        new StringBuilder("resources: [%s]%ncomponents:%n".formatted(from(folder, FOLDER)));
    for (String component : components) {
      overlay.append("  - ").append(from(folder, COMPONENTS.resolve(component))).append('\n');
    }
    Files.writeString(folder.resolve("kustomization.yaml"), overlay);
    return new KubernetesManifests(output(kustomize(folder)));
  }

  /** Returns the names of all components. */
  public static List<String> components() throws IOException {
    try (Stream<Path> files = Files.walk(COMPONENTS)) {
      return files
          .filter(file -> file.endsWith("kustomization.yaml"))
          .map(file -> file.getParent().getFileName().toString())
          .sorted()
          .toList();
    }
  }

  /** Returns whether kubectl is there and knows components, which it does since 1.21. */
  public static boolean knowsComponents() throws IOException, InterruptedException {
    try {
      Process kubectl = new ProcessBuilder("kubectl", "version", "--client", "-o", "json").start();
      JsonNode version = YAML.readTree(kubectl.getInputStream()).path("clientVersion");
      kubectl.waitFor();
      return Integer.parseInt(version.path("minor").asText().replaceAll("\\D", "")) >= 21;
    } catch (IOException e) {
      return false;
    }
  }

  /** kustomize takes relative paths only. */
  private static Path from(Path folder, Path path) throws IOException {
    return folder.toRealPath().relativize(path.toRealPath());
  }

  private static Process kustomize(Path folder) throws IOException {
    return new ProcessBuilder("kubectl", "kustomize", folder.toString())
        .redirectError(Redirect.INHERIT)
        .start();
  }

  private static List<JsonNode> output(Process kubectl) throws IOException, InterruptedException {
    List<JsonNode> objects;
    try (InputStream output = kubectl.getInputStream()) {
      objects = parse(output);
    }
    if (kubectl.waitFor() != 0) {
      throw new AssertionError("kubectl kustomize ended with " + kubectl.exitValue());
    }
    return objects;
  }

  /** Returns the kustomization itself. */
  public static JsonNode kustomization() throws IOException {
    return YAML.readTree(FOLDER.resolve("kustomization.yaml").toFile());
  }

  /** Returns all objects of a kind. */
  public List<JsonNode> all(String kind) {
    return objects.stream().filter(object -> object.path("kind").asText().equals(kind)).toList();
  }

  /** Returns the only object of a kind. */
  public JsonNode only(String kind) {
    List<JsonNode> all = all(kind);
    if (all.size() != 1) {
      throw new AssertionError(all.size() + " objects of kind " + kind);
    }
    return all.get(0);
  }

  /** Returns the object with this name. */
  public JsonNode named(String kind, String name) {
    return all(kind).stream()
        .filter(object -> object.at("/metadata/name").asText().equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + kind + " is called " + name));
  }

  private static List<JsonNode> readFiles() throws IOException {
    List<JsonNode> objects = new ArrayList<>();
    JsonNode kustomization = kustomization();
    for (JsonNode resource : kustomization.path("resources")) {
      try (InputStream file = Files.newInputStream(FOLDER.resolve(resource.asText()))) {
        objects.addAll(parse(file));
      }
    }
    for (JsonNode generator : kustomization.path("configMapGenerator")) {
      ObjectNode map = YAML.createObjectNode().put("kind", "ConfigMap");
      map.putObject("metadata").set("name", generator.path("name"));
      ObjectNode data = map.putObject("data");
      for (JsonNode file : generator.path("files")) {
        data.put(file.asText(), Files.readString(FOLDER.resolve(file.asText())));
      }
      objects.add(map);
    }
    return objects;
  }

  private static List<JsonNode> parse(InputStream yaml) throws IOException {
    try (var documents = YAML.readerFor(JsonNode.class).<JsonNode>readValues(yaml)) {
      return documents.readAll();
    }
  }
}
