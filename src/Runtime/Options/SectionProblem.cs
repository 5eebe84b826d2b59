namespace FusedMoe.Runtime;

/// <summary>One thing that is wrong with the shape of a configuration section.</summary>
/// <param name="Key">Path of the key.</param>
/// <param name="Text">The key, its value and what is accepted.</param>
internal readonly record struct SectionProblem(string Key, string Text);
