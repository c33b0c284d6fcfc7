package io.linkspan.permission;

import io.linkspan.config.ConfigException;
import io.linkspan.config.ConfigNode;
import io.linkspan.config.ConfigTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Rules as a configuration states them. */
public final class TestRules {

  private TestRules() {}

  /**
   * Returns rules that refuse what they do not mention.
   *
   * @param yaml a list, each line of which begins with a dash
   */
  public static PermissionRules of(String yaml) throws IOException, ConfigException {
    return read(yaml, false);
  }

  /** Returns rules that allow what they do not mention. */
  static PermissionRules open(String yaml) throws IOException, ConfigException {
    return read(yaml, true);
  }

  private static PermissionRules read(String yaml, boolean open)
      throws IOException, ConfigException {
    Path file = Files.createTempFile("permissions", ".yaml");
    try {
      Files.writeString(file, "permissions:\n" + yaml.indent(2));
      ConfigNode root = ConfigTree.load(file, Map.of());
      PermissionRules rules = RuleReader.read(root.sections("permissions"), open);
      root.throwIfRejected();
      return rules;
    } finally {
      Files.delete(file);
    }
  }
}
