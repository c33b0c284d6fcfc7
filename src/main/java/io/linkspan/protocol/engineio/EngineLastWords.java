package io.linkspan.protocol.engineio;

import java.util.List;

/** Supplies the last messages of the layer above before a session ends at once. */
@FunctionalInterface
public interface EngineLastWords {

  EngineLastWords NONE = reason -> List.of();

  /** Returns messages for the client; empty when there are none for that reason. */
  List<EnginePacket> before(EngineCloseReason reason);
}
