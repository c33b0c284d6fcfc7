package io.linkspan.transport.engineio;

import io.linkspan.directory.Nodes;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Names the event loop that owns an Engine.IO session.
 *
 * <p>A session's id reads {@code NODE-SHARD-SECRET}, so any node can tell from it who owns the
 * session. The secret authorizes its holder to poll for the client.
 *
 * @param node id of the node
 * @param shard index of the event loop's shard
 */
public record EngineAddress(String node, int shard) {

  private static final Pattern ID =
      Pattern.compile("(.{1,64})-([0-9]{1,4})-[A-Za-z0-9_-]{" + Secrets.LENGTH + "}");

  /**
   * Returns the owner of a session of another node.
   *
   * @param sid id of the session, or null
   * @return null when the id names this node, or no event loop of a member
   */
  public static EngineAddress ofRemote(String sid, Nodes nodes) {
    if (sid == null) {
      return null;
    }
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

  /** Returns the id of a new session of this event loop. */
  public String newSid() {
    return node + '-' + shard + '-' + Secrets.next();
  }

  /** Returns the bus address at which this event loop takes requests that other nodes relay. */
  public String busAddress() {
    return "linkspan.engine." + node + '.' + shard;
  }
}
