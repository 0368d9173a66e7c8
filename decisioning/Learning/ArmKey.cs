namespace PmOrleans.Decisioning.Learning;

/// <summary>One thing learned about: an offer within a policy, for a segment of customers. Numbers are the catalog's dense ones, from 0.</summary>
/// <param name="Policy">The policy's number.</param>
/// <param name="Offer">The offer's number; replicas are arrays over it.</param>
/// <param name="Segment">The segment's number; 0 stands for all customers.</param>
public readonly record struct ArmKey(int Policy, int Offer, int Segment);
