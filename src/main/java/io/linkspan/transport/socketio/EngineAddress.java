package io.linkspan.transport.socketio;

import io.linkspan.directory.Nodes;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The event loop of another node that has the Engine.IO sessions of some ids.
 *
 * @param shard index of the loop's shard
 */
record EngineAddress(String node, int shard) {

  private static final Pattern ID = Pattern.compile("(.{1,64})-([0-9]{1,4})-[A-Za-z0-9_-]{24}");

  /** Whom a session's id names: a node that is there and not this one, else null. */
  static EngineAddress of(String sid, Nodes nodes) {
    Matcher id = ID.matcher(sid);
    if (!id.matches() || id.group(1).equals(nodes.self().id())) {
      return null;
    }
    int shard = Integer.parseInt(id.group(2));
    return nodes.all().stream()
        .filter(node -> node.id().equals(id.group(1)) && shard < node.shards())
        .findFirst()
        .map(node -> new EngineAddress(node.id(), shard))
        .orElse(null);
  }

  /** Bus address at which it takes requests that came to other nodes. */
  String address() {
    return "linkspan.engine." + node + '.' + shard;
  }
}
