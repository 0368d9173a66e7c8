namespace PmOrleans.Conformance;

public sealed class ClusterConformance() : NodeConformance(new ThreeSilos());
