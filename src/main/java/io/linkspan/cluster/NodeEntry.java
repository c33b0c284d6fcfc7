package io.linkspan.cluster;

/** An entry of the directory that belongs to nodes and is removed when they are lost. */
interface NodeEntry extends NodeIds {}
