// Prompts of exactly 200 tokens of SmolLM2's vocabulary that differ from the first token on, so that nothing an engine
// remembers of one helps with the next.

const FIRST = ["One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Ten", "Many", "Few", "Some", "Most", "Old", "New",
  "Small", "Large", "Several", "Both", "These", "Those", "Our", "Their", "His", "Her", "Its", "My", "Your", "All"];

const REST = ` ships left the harbour in the first week of spring, when the ice had gone from the river and the wind came
steadily from the west. Each carried timber, salt and wool, and a crew of about twenty who had sailed together. The captain
of the oldest ship kept a diary, and from it we know what the weather was like, what the men ate and drank, and how long they
waited in every port along the coast. He wrote that the sea was calm for nine days and that on the tenth a storm broke the
mast of the second ship. They tied it to the others with ropes and rowed to an island, where the people gave them bread, fish
and a new mast cut from a pine. In return the sailors left them half of the salt. Nobody was lost, and when they came home in
the autumn the whole town stood on the quay to hear their story. Years later his daughter found the diary in a chest and began
to copy it by hand. She`.replaceAll("\n", " ");

export const TOKENS = 200;

/** The prompt of run `i`; more runs than first words start over, long after an engine has forgotten. */
export const prompt = (i) => FIRST[i % FIRST.length] + REST;
