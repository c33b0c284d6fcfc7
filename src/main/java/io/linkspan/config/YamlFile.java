package io.linkspan.config;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.yaml.snakeyaml.error.MarkedYAMLException;

/** Reads a YAML file, and the line at which each of its keys stands. */
final class YamlFile {

  private static final YAMLMapper YAML =
      new YAMLMapper(
          YAMLFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build());

  private final Path file;
  private final Problems problems;

  private YamlFile(Path file, Problems problems) {
    this.file = file;
    this.problems = problems;
  }

  /** Reads YAML that is known to be valid. */
  static JsonNode read(InputStream yaml) throws IOException {
    return YAML.readTree(yaml);
  }

  /** Reads a file; one that cannot be read is a problem, and empty. */
  static JsonNode read(Path file, Problems problems) {
    return new YamlFile(file, problems).read();
  }

  private JsonNode read() {
    try {
      String yaml = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
      JsonNode tree = YAML.readTree(yaml);
      problems.setOrigin("", file.toString());
      try (JsonParser parser = YAML.getFactory().createParser(yaml)) {
        if (parser.nextToken() != null) {
          recordLines(parser, "");
        }
      }
      return tree;
    } catch (JsonProcessingException e) {
      String where = e.getLocation() == null ? "" : ":" + e.getLocation().getLineNr();
      problems.add(file + where + ": not valid YAML: " + reason(e));
    } catch (NoSuchFileException e) {
      problems.add(file + ": cannot be read: there is no such file");
    } catch (IOException e) {
      problems.add(file + ": cannot be read: " + e.getMessage());
    }
    return YAML.createObjectNode();
  }

  /** Returns what is wrong, without the lines of the file, in which there may be secrets. */
  private static String reason(JsonProcessingException e) {
    return e.getCause() instanceof MarkedYAMLException marked
        ? marked.getProblem()
        : e.getOriginalMessage();
  }

  /** Records the lines of what begins with the parser's token, whose path is given. */
  private void recordLines(JsonParser parser, String path) throws IOException {
    if (parser.currentToken() == JsonToken.START_OBJECT) {
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String key = path.isEmpty() ? parser.currentName() : path + "." + parser.currentName();
        recordLine(parser, key);
        parser.nextToken();
        recordLines(parser, key);
      }
    } else if (parser.currentToken() == JsonToken.START_ARRAY) {
      for (int i = 0; parser.nextToken() != JsonToken.END_ARRAY; i++) {
        String item = path + "[" + i + "]";
        recordLine(parser, item);
        recordLines(parser, item);
      }
    }
  }

  private void recordLine(JsonParser parser, String key) {
    problems.setOrigin(key, file + ":" + parser.currentTokenLocation().getLineNr());
  }
}
